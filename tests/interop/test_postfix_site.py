"""The configuration files of a site are read, as far as a replay asks for them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from tests.interop.postfix_site import Site, read_site

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A small site."""
    files = {
        "main.cf": "# one\nmyhostname = mx.xn--mller-kva.example\nmydestination = x.example,\n"
        "  localhost\nmyorigin = x.example\nbounce_template_file = /etc/postfix/own.cf\n"
        "recipient_delimiter = +\nnotify_classes = bounce, Delay\nmaximal_queue_lifetime = 2\n",
        "aliases": 'Team: bob@y.example,\n  "|cat >/dev/null"\nowner-team: ann@y.example\n',
        "virtual": "# table\nOne@v.example  a@y.example, b@y.example\n@w.example c@y.example\n",
        "transport": "y.example lmtpf:inet:192.0.2.1:24\n",
        "master.cf.extra": "lmtpf unix - - n - - lmtp\n  flags=X\npipe unix - n n - - pipe\n"
        "  flags=F user=x argv=/bin/cat\n",
        "own.cf": "",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return read_site(tmp_path)


def test_site_tables(site: Site) -> None:
    """Tables are read with their folds; a key has no case."""
    assert ("bob@y.example", "|cat >/dev/null") == site.alias_of("TEAM@x.example")
    assert ("bob@y.example", "|cat >/dev/null") == site.alias_of("team+list@localhost")
    assert () == site.alias_of("team@y.example")
    assert ("a@y.example", "b@y.example") == site.virtual_of("one@V.example")
    assert ("c@y.example",) == site.virtual_of("any@w.example")
    assert () == site.virtual_of("two@v.example")
    assert frozenset({"lmtpf"}) == site.final
    assert [True, False] == [site.is_final(each) for each in ("a@Y.example", "a@z.example")]


def test_site_settings(site: Site, tmp_path: Path) -> None:
    """Settings are those of the site, with a case's own on top, and have defaults."""
    assert "mx.xn--mller-kva.example" == site.host
    assert "bob@x.example" == site.qualified("bob")
    assert frozenset({"bounce", "delay"}) == site.words("notify_classes")
    assert dt.timedelta(days=2) == site.lifetime("maximal_queue_lifetime")
    assert dt.timedelta(days=5) == site.lifetime("bounce_queue_lifetime")
    assert 0 == site.seconds("delay_warning_time", "0h")
    assert tmp_path / "own.cf" == site.template_file()
    changed = site.with_settings("delay_warning_time = 1s\nsoft_bounce = yes\n")
    assert 1 == changed.seconds("delay_warning_time", "0h")
    assert changed.is_on("soft_bounce")
    assert not site.is_on("soft_bounce")


def test_site_that_is_not_there(tmp_path: Path) -> None:
    """Without files there are the defaults, and no alias of anybody."""
    site = read_site(tmp_path / "nowhere")

    assert (Site(), None) == (site, site.template_file())
    assert "b@localhost.localdomain" == site.qualified("b")
