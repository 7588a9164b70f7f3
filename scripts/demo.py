"""The demonstration: examples/demo, real Terraform, the local emulator, one failing precheck and its repair.

    make demo

Each step says what is to be seen and checks it; the first that shows something else ends the demonstration with
exit status 1. Nothing is left behind: no process, no file.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples/demo"
# Another folder is for the test of this script.
BUILT = pathlib.Path(os.environ.get("DEMO_BUILT", ROOT / "target/debug"))
SOURCE = "registry.terraform.io/dts-community/dts"

PASSWORDS = {"source": "source-secret", "destination": "destination-secret"}

JOB = "dts_job.orders"
INSTANCE = "dts_instance.orders"


class Unexpected(Exception):
    """A step that shows something else than it says."""


def main():
    # Ctrl-C and a stop from outside clean up as any other end does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    for program in ("terraform-provider-dts", "dts-emulator"):
        if not (BUILT / program).exists():
            sys.exit(f"make demo: {BUILT / program} is missing. Run `make demo`, which builds it.")
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dts-demo-")))
        emulator = stack.enter_context(Emulator(folder))
        demonstrate(Terraform(folder, emulator.url), emulator)


def demonstrate(terraform, emulator):
    print(f"{terraform.version()}, provider and emulator of this tree, DTS at {emulator.url}")
    print("Nothing here touches Alibaba Cloud.")

    step("terraform plan", "what an apply is going to call")
    planned = terraform.plan()
    tell_plan(planned)
    expect(planned, {JOB: ["ConfigureDtsJob", "StartDtsJob"], INSTANCE: ["CreateDtsInstance"]})
    tell_calls(emulator.new_calls(), changing=[])

    step("terraform apply", "the destination's password is wrong, so the precheck fails and nothing is bought")
    failed = terraform.run("apply", "-auto-approve", expected=1)
    tell_progress(failed)
    tell_errors(failed)
    tell_calls(emulator.new_calls(), changing=["ConfigureDtsJob", "StartDtsJob"])
    expect(tell_bill(emulator), [])

    step("the password is set right at the destination database", "PUT /_emulator/fixtures")
    emulator.repair()
    print(textwrap.indent("account dts at rm-destination now has the password of the configuration", "   "))

    step("terraform apply", "the precheck runs again in place, passes, and the purchase goes through")
    planned = terraform.plan()
    tell_plan(planned)
    expect(planned, {JOB: ["StartDtsJob"], INSTANCE: ["CreateDtsInstance"]})
    emulator.new_calls()
    tell_progress(terraform.run("apply", "saved", expected=0))
    tell_calls(emulator.new_calls(), changing=["StartDtsJob", "CreateDtsInstance"])
    expect([bought["released"] for bought in tell_bill(emulator)], [False])

    step("terraform plan", "a second plan is empty")
    expect(terraform.plan(), {})
    print("   No changes.")
    tell_calls(emulator.new_calls(), changing=[])

    step("terraform destroy", "the instance is released and nothing is left to pay")
    tell_progress(terraform.run("destroy", "-auto-approve", expected=0))
    tell_calls(emulator.new_calls(), changing=["DeleteDtsJob"])
    expect([bought["released"] for bought in tell_bill(emulator)], [True])

    print("\nAll of it came out as said.")


# --- what is shown


def step(what, why, count=[0]):
    count[0] += 1
    print(f"\n{count[0]}. {what}: {why}", flush=True)


def tell_plan(planned):
    for address, operations in planned.items():
        print(f"   {address:<22} will call {', '.join(operations)}")


def tell_progress(messages):
    """What Terraform did, as it says it."""
    for message in messages:
        if message["type"] in ("apply_complete", "apply_errored"):
            print(textwrap.shorten(f"   {message['@message']}", 110, placeholder=" ...", drop_whitespace=False))


def tell_errors(messages):
    errors = [m["diagnostic"] for m in messages if m["type"] == "diagnostic" and m["diagnostic"]["severity"] == "error"]
    for error in errors:
        print(f"   Error: {error['summary']}")
        for paragraph in error["detail"].splitlines():
            print(textwrap.fill(paragraph, 100, initial_indent=" " * 10, subsequent_indent=" " * 10))
    if not errors or not all("CHECK_" in error["summary"] + error["detail"] for error in errors):
        raise Unexpected(f"errors that name the failed items of the precheck, not {errors}")


def tell_calls(calls, changing):
    names = [call["action"] for call in calls]
    shown = []
    for name in names:
        if shown and shown[-1][0] == name:
            shown[-1][1] += 1
        else:
            shown.append([name, 1])
    text = ", ".join(name if times == 1 else f"{name} x{times}" for name, times in shown) or "nothing"
    print(textwrap.fill(f"DTS received: {text}", 110, initial_indent="   ", subsequent_indent=" " * 17))
    expect([name for name in names if not name.startswith("Describe")], changing)


def tell_bill(emulator):
    bill = emulator.get("instances")["instances"]
    for bought in bill:
        state = "released" if bought["released"] else "running up costs"
        print(f"   Bill: {bought['instance_id']} ({bought['instance_class']}, {bought['pay_type']}), {state}")
    if not bill:
        print("   Bill: nothing")
    return bill


def expect(found, expected):
    if found != expected:
        raise Unexpected(f"{expected}, not {found}")


# --- what it runs on


class Emulator:
    """dts-emulator on a port of its own."""

    def __init__(self, folder):
        self.log = open(folder / "emulator.log", "w+")
        self.seen = 0

    def __enter__(self):
        command = [BUILT / "dts-emulator", "--listen", "127.0.0.1:0", "--lifecycle", "reads:1"]
        command += ["--fixtures", EXAMPLE / "fixtures.json"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True)
        words = [word for word in self.process.stdout.readline().split() if word.startswith("http://")]
        if not words:
            self.process.wait()
            self.log.seek(0)
            raise Unexpected(f"an emulator that says where it listens, not\n{self.log.read()}")
        self.url = words[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def get(self, route):
        with urllib.request.urlopen(f"{self.url}/_emulator/{route}") as answer:
            return json.load(answer)

    def new_calls(self):
        calls = self.get("calls")["calls"]
        new = calls[self.seen :]
        self.seen = len(calls)
        return new

    def repair(self):
        fixtures = json.loads((EXAMPLE / "fixtures.json").read_text())
        destination = next(e for e in fixtures["endpoints"] if e["instance_id"] == "rm-destination")
        destination["accounts"]["dts"] = PASSWORDS["destination"]
        request = urllib.request.Request(
            f"{self.url}/_emulator/fixtures",
            method="PUT",
            data=json.dumps(fixtures).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request).close()


class Terraform:
    """Real Terraform in a copy of the example, with the provider of this tree."""

    def __init__(self, folder, endpoint):
        self.program = subprocess.run([ROOT / "scripts/terraform"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        self.folder = folder / "configuration"
        self.folder.mkdir()
        shutil.copy(EXAMPLE / "main.tf", self.folder)
        provider = folder / "provider"
        provider.mkdir()
        (provider / "terraform-provider-dts").symlink_to(BUILT / "terraform-provider-dts")
        settings = folder / "terraformrc"
        settings.write_text(
            f'provider_installation {{\n  dev_overrides {{\n    "{SOURCE}" = "{provider}"\n  }}\n  direct {{}}\n}}\n'
        )
        mine = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ALI"))}
        self.environment = {
            **mine,
            "TF_CLI_CONFIG_FILE": str(settings),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "testAccessKeyId",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "testAccessKeySecret",
            "TF_VAR_endpoint": endpoint,
            **{f"TF_VAR_{end}_password": password for end, password in PASSWORDS.items()},
        }

    def command(self, *arguments):
        return subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True
        )

    def version(self):
        return self.command("version").stdout.splitlines()[0]

    def run(self, verb, *arguments, expected):
        """Its messages, after an exit status that must be the expected one."""
        done = self.command(verb, "-json", "-input=false", *arguments)
        if done.returncode != expected:
            raise Unexpected(f"exit status {expected}, not {done.returncode}\n{done.stdout}{done.stderr}")
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return [line for line in lines if "type" in line]

    def plan(self):
        """The operations that a plan promises, by resource, in the order in which Terraform applies them."""
        self.run("plan", "-out=saved", expected=0)
        shown = json.loads(self.command("show", "-json", "saved").stdout)
        operations = {
            change["address"]: (change["change"]["after"] or {}).get("operations", [])
            for change in shown.get("resource_changes", [])
            if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
        }
        return {address: operations[address] for address in sorted(operations, key=[JOB, INSTANCE].index)}


if __name__ == "__main__":
    try:
        main()
    except Unexpected as unexpected:
        sys.exit(f"\nmake demo: expected {unexpected}")
    except KeyboardInterrupt:
        sys.exit(130)
