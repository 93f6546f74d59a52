"""What an address can lead to, and what it cannot."""

from typing import Any

import pytest

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.esmtp import Notify, parse_mail_parameters
from dsnlib.policy.expansion import ExpandPolicy, Expansion, ExpansionKind


def test_an_alias() -> None:
    """An alias has targets and no return path of its own."""
    found = Expansion.alias("a@x.org", "b@x.org")

    assert (ExpansionKind.ALIAS, ("a@x.org", "b@x.org"), None) == (
        found.kind, found.targets, found.owner,
    )  # fmt: skip
    assert found == Expansion(kind=ExpansionKind.ALIAS, targets=["a@x.org", "b@x.org"])


@pytest.mark.requirement("3464-4.2-05")
@pytest.mark.parametrize(
    ("owner", "notify"), [("", Notify.NEVER), ("me@x.org", None)], ids=["nobody", "an owner"]
)
def test_a_confidential_forward(owner: str, notify: Notify | None) -> None:
    """Its failures are its owner's to know; without an owner nobody asks for any."""
    found = Expansion.confidential("a@y.org", owner=owner)

    assert (ExpansionKind.CONFIDENTIAL, owner, notify, False) == (
        found.kind, found.owner, found.notify, found.names_members,
    )  # fmt: skip


def test_a_confidential_forward_without_an_owner() -> None:
    """Who is not named does not hear of failures."""
    assert Expansion.confidential("a@y.org", owner="") == Expansion.confidential("a@y.org")


@pytest.mark.requirement("3461-5.2.7.1-05")
@pytest.mark.requirement("3461-5.2.7.1-08")
def test_a_list() -> None:
    """A list has an owner, who may be a program, and what its owner sets."""
    mail = parse_mail_parameters("RET=HDRS")
    found = Expansion.list_(
        "a@y.org", owner="list-bounces@x.org", mail=mail, notify=Notify.FAILURE,
        names_members=False,
    )  # fmt: skip

    assert (ExpansionKind.LIST, "list-bounces@x.org", mail, Notify.FAILURE, False) == (
        found.kind, found.owner, found.mail, found.notify, found.names_members,
    )  # fmt: skip
    plain = Expansion.list_("a@y.org", owner="o@x.org")
    assert (parse_mail_parameters(""), None, True) == (
        plain.mail, plain.notify, plain.names_members,
    )  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        Expansion.alias,
        Expansion.confidential,
        lambda: Expansion.list_(owner="o@x.org"),
    ],
    ids=["alias", "confidential", "list"],
)
def test_it_leads_somewhere(make: Any) -> None:  # noqa: ANN401  any of the three
    """An expansion without targets would lose mail."""
    with pytest.raises(InvalidValue, match="leads nowhere") as caught:
        make()

    assert () == caught.value.value


@pytest.mark.requirement("3461-5.2.7.1-04")
def test_a_list_has_an_owner() -> None:
    """A list whose failures nobody hears of is an error."""
    with pytest.raises(InvalidValue, match="no owner") as caught:
        Expansion.list_("a@x.org", owner="")

    assert ("3461-5.2.7.1-04", "") == (caught.value.requirement, caught.value.value)


@pytest.mark.requirement("3461-5.2.7-01")
@pytest.mark.parametrize(
    ("kind", "owner"),
    [(ExpansionKind.ALIAS, "o@x.org"), (ExpansionKind.ALIAS, ""), (ExpansionKind.LIST, None)],
)
def test_owner_and_kind_agree(kind: ExpansionKind, owner: str | None) -> None:
    """An alias keeps the sender's return path; the others have one."""
    with pytest.raises(InvalidValue, match="owner") as caught:
        Expansion(kind=kind, targets=["a@x.org"], owner=owner)

    assert f"expansion: kind {kind.value} with owner {owner!r}" == str(caught.value)
    assert ("3461-5.2.7-01", owner) == (caught.value.requirement, caught.value.value)


@pytest.mark.parametrize(
    ("target", "owner", "message"),
    [
        ("a\r\nb", "o@x.org", r"expansion: 'a\r\nb' has '\r' at character 1"),
        ("a@x.org", "o >", "expansion: owner: 'o >' cannot stand between '<' and '>'"),
    ],
    ids=["target", "owner"],
)
def test_addresses_can_stand_in_a_command(target: str, owner: str, message: str) -> None:
    """What would break a command is refused here, by its name."""
    with pytest.raises(InvalidAddress) as caught:
        Expansion.list_(target, owner=owner)

    assert message == str(caught.value)


@pytest.mark.parametrize("field", ["most_recipients", "most_steps"])
def test_bounds(field: str) -> None:
    """A bound below 1 is an error; 1 is none."""
    good: dict[str, Any] = {field: 1}
    bad: dict[str, Any] = {field: 0}

    assert 1 == getattr(ExpandPolicy(**good), field)
    with pytest.raises(InvalidValue, match=f"policy: {field}: 0 is not a whole number") as caught:
        ExpandPolicy(**bad)

    assert 0 == caught.value.value
