"""Whole notifications, kept as files and reviewed as diffs (`--update-golden`)."""

from pathlib import Path

import attrs
import pytest

from dsnlib.compose.block import TemplateClass
from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.human import HumanForm
from dsnlib.compose.shipped import shipped_languages
from dsnlib.model.esmtp import Ret
from dsnlib.policy.plan import Audience
from tests.compose.occasions import (
    COMPOSER,
    DELAYED,
    DELIVERED,
    EXPANDED,
    FULL,
    NOW,
    ORIGINAL,
    RELAYED,
    REPORTER,
    TOKEN,
    plan,
    recipient,
)

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "compose"
ALONE = attrs.evolve(COMPOSER, is_english_added=False)

# name -> composer, plan, language
MESSAGES = {
    "failure": (COMPOSER, plan(), "en"),
    "failure-two": (COMPOSER, plan(recipient(), FULL), "en"),
    "failure-headers": (COMPOSER, plan(ret=Ret.HDRS), "en"),
    "failure-german-english": (COMPOSER, plan(), "de"),
    "failure-html": (BounceComposer(reporter=REPORTER, form=HumanForm(is_html=True)), plan(), "de"),
    "failure-multilingual": (
        BounceComposer(reporter=REPORTER, form=HumanForm(is_multilingual=True)), plan(), "fr",
    ),
    "failure-seven-bit": (
        BounceComposer(reporter=REPORTER, form=HumanForm(is_seven_bit=True)), plan(), "pl",
    ),
    "failure-global": (
        COMPOSER, plan(recipient("δοκιμή@example.com"), sender="müller@example.org"), "en",
    ),
    "failure-postmaster": (COMPOSER, plan(audience=Audience.POSTMASTER), "en"),
    "delay": (COMPOSER, plan(DELAYED), "en"),
    "success": (COMPOSER, plan(DELIVERED, RELAYED, EXPANDED), "en"),
    "success-de": (ALONE, plan(DELIVERED, RELAYED, EXPANDED), "de"),
    "verify": (COMPOSER, plan(DELIVERED, FULL), "en"),
    "verify-fr": (ALONE, plan(DELIVERED), "fr"),
    **{f"delay-{each}": (ALONE, plan(DELAYED), each) for each in shipped_languages()},
    **{
        f"failure-two-{each}": (ALONE, plan(recipient(), FULL), each)
        for each in shipped_languages()
        if each != "en"
    },
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_the_message_is_as_it_was_reviewed(name: str, update_golden: bool) -> None:  # noqa: FBT001  a fixture
    """Octet for octet; a change is looked at as a diff."""
    composer, plan_, language = MESSAGES[name]
    path = GOLDEN / f"{name}.eml"
    template = TemplateClass.VERIFY if name.startswith("verify") else None

    octets = composer.compose(
        plan_, ORIGINAL, now=NOW, token=TOKEN, language=language, template=template
    ).as_bytes()

    if update_golden:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
    assert path.read_bytes() == octets


def test_there_is_no_file_without_a_message() -> None:
    """What is no longer composed is not kept."""
    assert sorted(f"{name}.eml" for name in MESSAGES) == sorted(
        each.name for each in GOLDEN.iterdir()
    )
