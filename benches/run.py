"""Prints what the provider costs on this machine: start-up, planning, refreshing, throttled creates, size, memory.

    make bench                        all of it, and writes docs/benchmarks.md
    benches/run.py start plan         some of it: start, plan, unchanged, objects, refresh, throttled, reaction, size, memory

BENCH_PROFILE=debug takes the binaries of a debug build, for work on this script.

Nothing here passes or fails: the numbers depend on the machine, and the targets are printed beside them.
"""

import base64
import datetime
import json
import os
import pathlib
import platform
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILT = ROOT / "target" / os.environ.get("BENCH_PROFILE", "release")
PROVIDER = BUILT / "terraform-provider-dts"
EMULATOR = BUILT / "dts-emulator"
SOURCE = "registry.terraform.io/dts-community/dts"

# A started provider ends with a signal; one that never says its line is given up after this.
HANDSHAKE_SECONDS = 10
END_SECONDS = 10

JOBS = """
terraform {
  required_providers {
    dts = { source = "%(source)s" }
  }
}
provider "dts" {
  region     = "cn-hangzhou"
  access_key = "testAccessKeyId"
  secret_key = "testAccessKeySecret"
  %(endpoint)s
}
resource "dts_job" "many" {
  count                    = %(count)d
  job_type                 = "MIGRATION"
  dts_job_name             = "job-${count.index}"
  structure_initialization = true
  data_initialization      = true
  data_synchronization     = false
  source_endpoint {
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-source"
    region        = "cn-hangzhou"
    user_name     = "dtstest"
    password      = "unused"
  }
  destination_endpoint {
    instance_type = "RDS"
    engine_name   = "MYSQL"
    instance_id   = "rm-destination"
    region        = "cn-hangzhou"
    user_name     = "dtstest"
    password      = "unused"
  }
  database {
    name = "dtsdb"
    table {
      name = "person"
    }
  }
}
"""

DATA = """
resource "terraform_data" "many" {
  count = %(count)d
  input = "job-${count.index}"
}
"""

# The values of JOBS in what is built into Terraform: whatever Terraform itself does with so much configuration is in it.
SAME = """
resource "terraform_data" "many" {
  count = %(count)d
  input = {
    job_type                 = "MIGRATION"
    dts_job_name             = "job-${count.index}"
    structure_initialization = true
    data_initialization      = true
    data_synchronization     = false
    source_endpoint = {
      instance_type = "RDS"
      engine_name   = "MYSQL"
      instance_id   = "rm-source"
      region        = "cn-hangzhou"
      user_name     = "dtstest"
      password      = sensitive("unused")
    }
    destination_endpoint = {
      instance_type = "RDS"
      engine_name   = "MYSQL"
      instance_id   = "rm-destination"
      region        = "cn-hangzhou"
      user_name     = "dtstest"
      password      = sensitive("unused")
    }
    database = [{ name = "dtsdb", table = [{ name = "person" }] }]
  }
}
"""


def main(wanted):
    parts = {
        "start": start,
        "plan": plan,
        "unchanged": unchanged,
        "objects": objects,
        "refresh": refresh,
        "throttled": throttled,
        "reaction": reaction,
        "size": size,
        "memory": memory,
    }
    keep = "--keep" in wanted
    wanted = [name for name in wanted if name != "--keep"]
    unknown = [name for name in wanted if name not in parts]
    if unknown:
        sys.exit(f"benches/run.py: no part is named {', '.join(unknown)}; there are {', '.join(parts)}")
    for built in (PROVIDER, EMULATOR):
        if not built.exists():
            sys.exit(f"benches/run.py: {built} is not built; run `make bench`")
    tell("what", "on this machine", "target")
    print(f"| {'-' * 58} | {'-' * 76} | {'-' * 10} |")
    for name in wanted or parts:
        parts[name]()
    if keep:
        (ROOT / "docs/benchmarks.md").write_text(page())


ROWS = []


def tell(what, value, target):
    ROWS.append((what, value, target))
    print(f"| {what:<58} | {value:<76} | {target:<10} |", flush=True)


def page():
    """The page of what was measured, with where: numbers of another machine are others."""
    (_, *rows), head = ROWS, git("rev-parse", "--short", "HEAD")
    changed = " with changes" if git("status", "--porcelain", "--untracked-files=no") else ""
    version = json.loads(subprocess.check_output([terraform(), "version", "-json"], text=True))["terraform_version"]
    lines = [f"| {what} | {value} | {target} |" for what, value, target in rows]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Written by `make bench`, which measures release binaries with real Terraform and the local emulator: do not edit.",
            "Medians; what is compared runs in turns. `terraform_data` is built into Terraform, which starts no process for it.",
            "",
            f"{datetime.date.today()}, commit {head}{changed}, {os.cpu_count()} cores, {platform.system()} {platform.machine()},"
            f" Terraform {version}.",
            "",
            "| what | measured | target |",
            "| --- | --- | --- |",
            *lines,
            "",
            "The ratio of a plan of new jobs: a job has more than a hundred attributes where `terraform_data` has four, and Terraform's own",
            "work on an object grows with them. Of its processor time in such a plan (200 jobs, `perf`), about a sixth each goes into",
            "rendering the plan, into marking what is sensitive and into collecting garbage, and a tenth into deriving types from the schema;",
            "without the blocks that are sets it takes a sixteenth less. The provider's own part is in the row below.",
            "",
            "The calls of a refresh are those with pages of a hundred jobs (other clients ask for 50 and 200). Where the service",
            "keeps to the thirty that it documents, a refresh of 1,000 jobs takes up to 70 calls.",
            "",
        ]
    )


def git(*arguments):
    return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True).strip()


# --- start


def start(times=60):
    """From starting the process to its handshake line, with the mutual TLS that Terraform asks for."""
    environment = handshake_environment()
    taken = sorted(time_to_handshake(environment) * 1000 for _ in range(times))
    tell(
        f"start to handshake, median of {times}",
        f"{statistics.median(taken):.2f} ms (from {taken[0]:.2f} to {taken[-1]:.2f})",
        "3 ms",
    )


def handshake_environment():
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
        # As go-plugin makes them: a key on P-521 and a certificate that signs itself.
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1", "-nodes"]
            + ["-days", "2", "-subj", "/CN=localhost/O=HashiCorp", "-addext", "subjectAltName=DNS:localhost"]
            + ["-keyout", key, "-out", certificate],
            capture_output=True,
            text=True,
        )
        if made.returncode != 0:
            sys.exit(f"benches/run.py: openssl made no certificate:\n{made.stderr}")
        pem = pathlib.Path(certificate).read_text()
    return {
        **os.environ,
        "TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
        "PLUGIN_PROTOCOL_VERSIONS": "5,6",
        "PLUGIN_CLIENT_CERT": pem,
    }


def time_to_handshake(environment):
    # posix_spawn and not subprocess, which takes a millisecond of its own.
    reader, writer = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
    began = time.perf_counter()
    process = os.posix_spawn(PROVIDER, [str(PROVIDER)], environment, file_actions=actions)
    os.close(writer)
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([reader], [], [], HANDSHAKE_SECONDS)[0]:
            sys.exit(f"benches/run.py: no handshake within {HANDSHAKE_SECONDS} s, only {line!r}")
        read = os.read(reader, 4096)
        if not read:
            sys.exit(f"benches/run.py: the provider ended without a handshake, after {line!r}")
        line += read
    taken = time.perf_counter() - began
    end(process)
    os.close(reader)
    os.close(null)
    fields = line.decode().strip().split("|")
    # core protocol | provider protocol | network | address | protocol | certificate
    if fields[:2] != ["1", "5"] or len(fields) < 6 or not base64.b64decode(fields[5] + "=="):
        sys.exit(f"benches/run.py: that is no handshake with mutual TLS: {line!r}")
    return taken


def end(process):
    """With SIGTERM, at which it removes the folder of its socket; SIGKILL would leave one behind each time."""
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            sys.exit(f"benches/run.py: the provider did not end within {END_SECONDS} s of SIGTERM")
        time.sleep(0.001)


# --- Terraform


class Folder:
    """A configuration, and Terraform that runs the release binary in it. Knows every process of the provider."""

    def __init__(self, configuration):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.started = self.path / "started"
        stand_in = self.path / "provider/terraform-provider-dts"
        stand_in.parent.mkdir()
        # Becomes the provider, after telling its process id.
        stand_in.write_text(f"#!/bin/sh\necho $$ >> '{self.started}'\nexec '{PROVIDER}' \"$@\"\n")
        stand_in.chmod(0o755)
        (self.path / "terraformrc").write_text(
            f'provider_installation {{\n  dev_overrides {{\n    "{SOURCE}" = "{stand_in.parent}"\n  }}\n  direct {{}}\n}}\n'
        )
        (self.path / "work").mkdir()
        (self.path / "work/main.tf").write_text(configuration)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ALI"))
        }
        self.environment |= {"TF_CLI_CONFIG_FILE": str(self.path / "terraformrc"), "CHECKPOINT_DISABLE": "1"}

    def terraform(self, *arguments, watch=None):
        self.started.write_text("")
        began = time.perf_counter()
        process = subprocess.Popen(
            [terraform(), *arguments],
            cwd=self.path / "work",
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if watch:
            watch(self, process)
        output, _ = process.communicate()
        taken = time.perf_counter() - began
        if process.returncode != 0:
            sys.exit(f"benches/run.py: terraform {' '.join(arguments)} failed:\n{output}")
        return taken

    def processes(self):
        return [int(line) for line in self.started.read_text().split()] if self.started.exists() else []


def terraform(found=[]):
    if not found:
        done = subprocess.run([ROOT / "scripts/terraform"], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit("benches/run.py: no Terraform, see above")
        found.append(done.stdout.strip())
    return found[0]


def plan(counts=((1, 11), (100, 11), (1000, 3))):
    """Planning new jobs, against as many of what is built into Terraform: holding a name, and holding the same values.
    One after the other, so that a busy machine slows all. What the provider itself takes of it is told apart: the rest is
    Terraform's."""
    for count, runs in counts:
        ours = Folder(jobs(count))
        names, same = Folder(DATA % {"count": count}), Folder(SAME % {"count": count})
        arguments = ("plan", "-input=false", "-no-color")
        mine, of_names, of_same = in_turns((ours, names, same), runs, *arguments)
        target = "ratio 1.8" if count == 100 else "none"
        tell(f"plan of {count} new dts_job, median of {runs}", against(mine, of_names), target)
        tell("  against terraform_data with the same values", against(mine, of_same), "none")
        seconds = {}
        ours.terraform(*arguments, watch=watched(sample_seconds, seconds))
        tell("  of which the provider's own processor time", f"{sum(seconds.values()):.2f} s", "none")


def in_turns(folders, runs, *arguments):
    """The median time of each, run one after the other, after one run that does not count."""
    times = {folder: [] for folder in folders}
    for folder in folders:
        folder.terraform(*arguments)
    for _ in range(runs):
        for folder, taken in times.items():
            taken.append(folder.terraform(*arguments))
    return [statistics.median(taken) for taken in times.values()]


def against(mine, theirs):
    return f"{mine:.3f} s, terraform_data {theirs:.3f} s, ratio {mine / theirs:.2f}"


def unchanged(counts=((1, 11), (100, 11), (1000, 3))):
    """Planning what is there already and has not changed, which reads it from DTS."""
    for count, runs in counts:
        with Emulator() as emulator:
            ours, names = Folder(jobs(1, emulator.url)), Folder(DATA % {"count": count})
            fill(ours, emulator, count)
            apply = ("apply", "-input=false", "-no-color", "-auto-approve")
            ours.terraform(*apply, "-refresh-only")
            names.terraform(*apply)
            plan = ("plan", "-input=false", "-no-color", "-detailed-exitcode")
            mine, theirs = in_turns((ours, names), runs, *plan)
        tell(f"plan of {count} unchanged dts_job, median of {runs}", against(mine, theirs), "none")


def objects():
    """Long object lists in the provider alone, without Terraform: `benches/objects.rs`."""
    command = [os.environ.get("CARGO", "cargo"), "bench", "--quiet", "--locked", "--bench", "objects"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"benches/run.py: {' '.join(command)} failed:\n{done.stdout}")
    for row in done.stdout.splitlines():
        if row.startswith("| "):
            what, value, target = row[1:-1].split("|")
            tell(what[1:].rstrip(), value.strip(), target.strip())


def jobs(count, endpoint=None):
    endpoint = f'endpoint = "{endpoint}"' if endpoint else ""
    return JOBS % {"source": SOURCE, "count": count, "endpoint": endpoint}


class Emulator:
    """A DTS of its own, for as long as the block runs."""

    def __enter__(self):
        self.process = subprocess.Popen([EMULATOR], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http://"))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def admin(self, method, route, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_emulator/{route}", data=data, method=method)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def calls(self):
        return self.admin("GET", "calls")["calls"]


def fill(folder, emulator, count):
    """Makes one job by Terraform, copies it in the emulator, and writes the state that Terraform would have of all."""
    main = folder.path / "work/main.tf"
    main.write_text(jobs(1, emulator.url))
    folder.terraform("apply", "-input=false", "-no-color", "-auto-approve")
    state_file = folder.path / "work/terraform.tfstate"
    state = json.loads(state_file.read_text())
    instances = state["resources"][0]["instances"]
    like = instances[0]["attributes"]["id"]
    copies = emulator.admin("POST", "jobs", {"like": like, "count": count - 1})["jobs"]
    for number, copy in enumerate(copies, 1):
        one = json.loads(json.dumps(instances[0]))
        one["index_key"] = number
        one["attributes"] |= {"id": copy["job_id"], "dts_job_name": f"job-{number}"}
        instances.append(one)
    state_file.write_text(json.dumps(state))
    # Copies have the name of the first.
    main.write_text(jobs(count, emulator.url).replace("job-${count.index}", "job-0"))


def refresh(count=1000, runs=5):
    """A plan of unchanged jobs, all read, without latency and with 50 ms for each call; one run of each after the other."""
    with Emulator() as emulator:
        folder = Folder(jobs(1, emulator.url))
        fill(folder, emulator, count)
        times, calls = {0: [], 50: []}, {0: [], 50: []}
        # The first plan changes the names in the state of the copies.
        folder.terraform("apply", "-refresh-only", "-input=false", "-no-color", "-auto-approve")
        for _ in range(runs):
            for latency in times:
                emulator.admin("PUT", "limits", {"latency_ms": latency})
                before = len(emulator.calls())
                times[latency].append(folder.terraform("plan", "-input=false", "-no-color", "-detailed-exitcode"))
                calls[latency].append(len(emulator.calls()) - before)
    at = {latency: statistics.median(taken) for latency, taken in times.items()}
    for latency in times:
        tell(
            f"plan of {count} unchanged dts_job, {latency} ms latency",
            f"{at[latency]:.2f} s, {statistics.median(calls[latency]):.0f} calls (most {max(calls[latency])})",
            "40 calls",
        )
    tell("  50 ms against none", f"ratio {at[50] / at[0]:.2f}", "ratio 1.3")


def throttled(count=300, rate=20):
    """Creating jobs where DTS takes so many calls a second: the time against what so many calls take at that rate."""
    with Emulator() as emulator:
        folder = Folder(jobs(count, emulator.url))
        emulator.admin("PUT", "limits", {"calls_per_second": rate})
        folder.terraform("apply", "-input=false", "-no-color", "-auto-approve")
        received = emulator.calls()
    refused = [call for call in received if call.get("code") == "Throttling.User"]
    taken = len(received) - len(refused)
    seconds = span(received)
    tell(
        f"apply of {count} dts_job at {rate} calls a second",
        f"{seconds:.1f} s for {taken} calls (ideal {taken / rate:.1f} s, {len(refused)} refused), ratio {seconds * rate / taken:.2f}",
        "ratio 1.15",
    )


def reaction(seconds=(5, 20, 60)):
    """From the moment at which a precheck ends to the call of the waiting apply that sees it."""
    for takes in seconds:
        with Emulator() as emulator:
            emulator.admin("PUT", "clock", {"lifecycle": f"seconds:{takes}"})
            waiting = jobs(1, emulator.url).replace("  count ", '  desired_status = "prechecked"\n  wait_for = "prechecked"\n  count ')
            Folder(waiting).terraform("apply", "-input=false", "-no-color", "-auto-approve")
            received = emulator.calls()
        began = [call for call in received if call["action"] == "StartDtsJob"]
        late = span([began[0], received[-1]]) - takes
        polls = len(received) - received.index(began[0]) - 1
        tell(f"reaction after a wait of {takes} s", f"{late:.2f} s, {polls} polls", f"{max(2, takes / 20):.0f} s")


def span(calls):
    """Seconds from the first call to the last."""
    times = [datetime.datetime.fromisoformat(call["time"].replace("Z", "+00:00")) for call in calls]
    return (max(times) - min(times)).total_seconds()


def size():
    tell("release binary", f"{PROVIDER.stat().st_size / 1e6:.2f} MB", "12 MB")


def memory(count=1000):
    """The most memory that a provider process had resident while 1,000 jobs were planned, and what outlived it."""
    if not pathlib.Path("/proc/self/status").exists():
        tell(f"peak memory planning {count} dts_job", "not known: this system has no /proc", "30 MB")
        return
    peaks = {}
    folder = Folder(jobs(count))
    folder.terraform(
        "plan",
        "-input=false",
        "-no-color",
        watch=watched(sample_memory, peaks),
    )
    left = [process for process in folder.processes() if alive(process)]
    tell(
        f"peak memory planning {count} new dts_job",
        f"{max(peaks.values()) / 1024:.1f} MB ({len(folder.processes())} processes)",
        "30 MB",
    )
    tell("provider processes left when terraform has ended", str(len(left)), "0")


def watched(sample, found):
    """Looks at every provider process with `sample` while Terraform runs, and keeps the greatest for each."""

    def run(folder, process):
        while process.poll() is None:
            for pid in folder.processes():
                try:
                    found[pid] = max(found.get(pid, 0), sample(pathlib.Path(f"/proc/{pid}")))
                except (OSError, ValueError, IndexError):
                    # It has ended, or is not the provider yet.
                    continue
            time.sleep(0.001)

    return lambda folder, process: threading.Thread(target=run, args=(folder, process), daemon=True).start()


def sample_memory(process):
    """KiB; VmHWM is the peak so far, so that only what comes after the last look is missed."""
    lines = (process / "status").read_text().splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")][0]


def sample_seconds(process):
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/exe").resolve() == PROVIDER.resolve()
    except OSError:
        return False


if __name__ == "__main__":
    main(sys.argv[1:])
