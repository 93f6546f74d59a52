"""A Python of another Debian release, unpacked with its C library.

apt resolves, downloads and checks the signatures, with lists and a status of its own: it
does not know what the system has installed, so a package comes with all that it needs.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.packaging.interpreters import ROOT

__all__ = ["RELEASES", "fetch"]

# Version of Python -> a release of Debian that has it.
RELEASES = {"3.13": "trixie", "3.14": "forky"}
_SOURCE = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {mirror} {release} main\n"
# Asks the system's apt which mirror of Debian it uses.
_MIRRORS = ("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages")
# What a Python needs to start the programs and to load the wheels of a venv.
_PACKAGES = (
    "python{version}", "python{version}-venv", "coreutils", "dash", "libc-bin", "libstdc++6",
    "tzdata",
)  # fmt: skip
_LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
# What programs ask for names and for certificates.
_OF_THE_SYSTEM = ("group", "hosts", "nsswitch.conf", "passwd", "resolv.conf")
_TIMEOUT_SECONDS = 600


def fetch(version: str) -> str:
    """Unpack a Python into `.pythons`, and return a line that says what became of it.

    Args:
        version: 3.14
    """
    release = RELEASES.get(version)
    mirror = _mirror()
    if release is None or mirror is None:
        return f"{version}: no release of Debian is known to have it, or this is no Debian"
    root = ROOT / ".pythons" / f"python{version}"
    apt = ROOT / ".pythons" / "apt" / release
    (apt / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (apt / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    (ROOT / ".pythons" / ".gitignore").write_text("*\n", "ascii")
    (apt / "sources.list").write_text(_SOURCE.format(mirror=mirror, release=release), "ascii")
    (apt / "status").touch()
    _apt(apt, "update")
    packages = [each.format(version=version) for each in _PACKAGES]
    _apt(apt, "--yes", "--no-install-recommends", "--download-only", "install", *packages)
    new = root.with_name(f"{root.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # of a run that was ended
    new.mkdir()
    for archive in sorted((apt / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", archive, new], check=True)  # noqa: S607  apt's own
    _complete(new)
    new.rename(root)
    return f"{version}: unpacked into {root.relative_to(ROOT)}, from {release}"


def _mirror() -> str | None:
    """Return the address of the first archive of Debian that the system's apt knows."""
    if shutil.which("apt-get") is None:
        return None
    done = subprocess.run(_MIRRORS, capture_output=True, text=True, check=False)
    known = (line.partition(" ") for line in done.stdout.splitlines())
    return next((address for origin, _, address in known if origin == "Debian"), None)


def _apt(directory: Path, *words: str) -> None:
    options = {
        "Dir::State::lists": f"{directory}/lists",
        "Dir::State::status": f"{directory}/status",
        "Dir::Cache::archives": f"{directory}/archives/",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Etc::sourcelist": f"{directory}/sources.list",
        "Dir::Etc::sourceparts": "/nonexistent",
        "APT::Sandbox::User": "root",  # another user could not write into our directory
        "Debug::NoLocking": "1",  # nothing of the system is written, so nothing is locked
    }
    command = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items()), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_SECONDS
    )
    if done.returncode:
        raise SystemExit(f"apt-get {' '.join(words)}\n{done.stderr.strip()}")


def _complete(root: Path) -> None:
    """Add what packages do when they are set up, as far as a Python needs it."""
    for name, target in _LINKS.items():
        (root / target).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
    for name in ("tmp", "proc", "dev", "etc"):
        (root / name).mkdir(exist_ok=True)
    if not (root / "bin/sh").exists():
        (root / "bin/sh").symlink_to("dash")
    for name in _OF_THE_SYSTEM:
        if (source := Path("/etc", name)).is_file():
            shutil.copy(source, root / "etc" / name)
    if (certificates := Path("/etc/ssl")).is_dir():
        shutil.copytree(certificates, root / "etc/ssl", dirs_exist_ok=True)
