"""What the sendmail command reads of a configuration is what the server reads."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.config.read import read_file
from dsnlib.adapters.submission import site as module
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.site import Site, find_site, read_site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "text",
    [
        "",
        'myhostname = "mx.example.org"',
        'myhostname = "mx.example.org"\nmyorigin = "$mydomain"',
        'myhostname = "mx.example.org"\nmydomain = "example.net"\nmyorigin = "${mydomain}"',
        'mydomain = "d.$myhostname"\nmyorigin = "o.$mydomain"',
        'queue_directory = "/somewhere"\nmessage_size_limit = "10M"',
        "message_size_limit = 0",
        'sendmail_relay = "[127.0.0.1]:587"',
        'sendmail_relay = "[$myorigin]:587"\nmyhostname = "mx.example.org"',
    ],
)
def test_as_the_server_reads_it(tmp_path: Path, text: str) -> None:
    """Names, the directory, the relay and the size are the same."""
    file = tmp_path / "dsnlib.toml"
    file.write_text(f"{text}\n[[listen]]\nport = 0\n", "utf-8")
    settings = read_file(file, hostname=os.uname().nodename)
    system = settings.system

    assert Site(
        hostname=system.myhostname,
        origin=system.myorigin,
        queue=str(system.queue_directory),
        relay=system.sendmail_relay,
        most_octets=settings.server.message_size_limit,
        config=str(file),
    ) == read_site(str(file))


def test_queue_in_memory(tmp_path: Path) -> None:
    """A queue in memory has no directory for letters."""
    file = tmp_path / "dsnlib.toml"
    file.write_text('queue_type = "memory"\n', "utf-8")

    assert not read_site(str(file)).queue


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = ", "no TOML"),
        ("\n" + ".".join(["a"] * 20_000) + " = 1", "line 2: a key has too many parts"),
        ("myhostname = 7", "myhostname: 7 is not a text"),
        ('myhostname = "a\\nb"', "myhostname"),
        ('message_size_limit = "big"', "message_size_limit: 'big' is not a size"),
        ("message_size_limit = true", "message_size_limit: True is not a size"),
    ],
)
def test_faults(tmp_path: Path, text: str, reason: str) -> None:
    """What cannot be used is one line with the file: 78."""
    file = tmp_path / "dsnlib.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SubmissionFault, match=reason) as caught:
        read_site(str(file))

    assert os.EX_CONFIG == caught.value.code
    assert str(caught.value).startswith(f"{file}: ")


def test_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line goes before the environment, that before the usual place."""
    names = ("a", "b", "c")
    files = {name: tmp_path / f"{name}.toml" for name in names}
    for name, file in files.items():
        file.write_text(f'myhostname = "{name}.example"\n', "utf-8")
    monkeypatch.setattr(module, "_USUAL", str(files["c"]))
    monkeypatch.delenv("DSNLIB_CONFIG", raising=False)
    assert "c.example" == find_site().hostname
    monkeypatch.setenv("DSNLIB_CONFIG", str(files["b"]))
    assert "b.example" == find_site().hostname
    assert "a.example" == find_site(str(files["a"])).hostname
    with pytest.raises(SubmissionFault, match="No such file") as caught:
        find_site(str(tmp_path / "none"))
    assert os.EX_NOINPUT == caught.value.code


def test_without_a_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the host is every name."""
    monkeypatch.setattr(module, "_USUAL", "/nonexistent")
    monkeypatch.delenv("DSNLIB_CONFIG", raising=False)
    host = os.uname().nodename

    assert Site(hostname=host, origin=host) == find_site()
