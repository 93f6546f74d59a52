"""Errors say whose fault it is, where, against which rule; and they cross processes."""

import copy
import inspect
import pickle

import attrs
import pytest

from dsnlib import errors
from dsnlib.errors import (
    CatalogueError,
    ConfigurationError,
    Defect,
    DsnError,
    InvalidAddress,
    InvalidParameter,
    InvalidReply,
    InvalidStatusCode,
    InvalidValue,
    InvalidXtext,
    LimitExceeded,
    LookupFailed,
    MalformedReport,
    NotADeliveryReport,
    ParseError,
    RestrictionError,
    StoreError,
    StoreUnavailable,
    TableError,
    TemplateError,
)
from dsnlib.model.esmtp import parse_mail_parameters
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode

DEFECT = Defect(code="field-space", message="'Action : x'", offset=7, requirement="3464-2.1.1-01")
REPLY = SmtpReply(501, EnhancedStatusCode.parse("5.5.4"), ("Syntax error in RET parameter",))

# Every error with all that it can carry, and nothing but what it must.
LOADED = [
    DsnError("message"),
    *(
        type_("message", value=("v", 1), requirement="3461-4-01")
        for type_ in (InvalidValue, InvalidStatusCode, InvalidXtext, InvalidAddress, InvalidReply)
    ),
    InvalidParameter("message", value="v", requirement="3461-4-01", keyword="RET", reply=REPLY),
    ParseError("message"),
    NotADeliveryReport("message"),
    MalformedReport("message", defects=[DEFECT, Defect(code="x", message="y")]),
    LimitExceeded("message", limit="recipients", value=100_000),
    TemplateError("message", origin="bounce.cf", line=12),
    *(
        type_("message", origin="dsnlib.po", line=12)
        for type_ in (ConfigurationError, CatalogueError, TableError, RestrictionError)
    ),
    LookupFailed("message", source="texthash:/etc/mail/access", key="ann@example.org"),
    *(type_("message", place="history.db") for type_ in (StoreError, StoreUnavailable)),
]
BARE = [type(error)("message") for error in LOADED]


def name_of(error: BaseException) -> str:
    """Return the name of the error's type."""
    return type(error).__name__


def test_every_error_is_tested() -> None:
    """The tables here have every public error, and the module exports every class it defines."""
    defined = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }

    assert defined == {name_of(error) for error in LOADED} | {"Defect"}
    assert sorted(defined) == sorted(errors.__all__)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("error", [*LOADED, *BARE], ids=name_of)
def test_pickles(error: DsnError, protocol: int) -> None:
    """An error crosses a process boundary with all that it carries."""
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own octets

    assert type(error) is type(again)
    assert error.args == again.args
    assert vars(error) == vars(again)
    assert "message" == again.args[0]
    assert str(error) == str(again)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (CatalogueError("what", origin="de.po", line=3), "de.po:3: what"),
        (CatalogueError("what", origin="de.mo"), "de.mo: what"),
        (CatalogueError("what", line=3), "3: what"),
        (CatalogueError("what"), "what"),
    ],
)
def test_catalogue_error_prints(error: CatalogueError, text: str) -> None:
    """An error in a catalogue prints its place as far as it is known."""
    assert text == str(error)


@pytest.mark.parametrize("error", LOADED, ids=name_of)
def test_copies(error: DsnError) -> None:
    """A copy of an error carries the same."""
    assert vars(error) == vars(copy.copy(error))
    assert vars(error) == vars(copy.deepcopy(error))


def test_pickles_as_raised() -> None:
    """An error that the library raised, with its cause, crosses as well."""
    with pytest.raises(InvalidParameter) as caught:
        parse_mail_parameters("ENVID=+0A")

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own octets

    assert caught.value.reply == again.reply
    assert (caught.value.keyword, caught.value.value) == (again.keyword, again.value)
    assert str(caught.value) == str(again)


def test_attributes() -> None:
    """An error carries the value, the place, the requirement and the reply."""
    loaded = {type(error): error for error in LOADED}
    parameter = loaded[InvalidParameter]
    limit, template = loaded[LimitExceeded], loaded[TemplateError]
    catalogue = loaded[CatalogueError]
    malformed = loaded[MalformedReport]

    assert isinstance(parameter, InvalidParameter)
    assert ("v", "3461-4-01", "RET") == (
        parameter.value,
        parameter.requirement,
        parameter.keyword,
    )
    assert REPLY == parameter.reply
    assert isinstance(limit, LimitExceeded)
    assert ("recipients", 100_000) == (limit.limit, limit.value)
    assert isinstance(template, TemplateError)
    assert ("bounce.cf", 12) == (template.origin, template.line)
    assert isinstance(catalogue, CatalogueError)
    assert ("dsnlib.po", 12) == (catalogue.origin, catalogue.line)
    assert isinstance(malformed, MalformedReport)
    assert (DEFECT, Defect(code="x", message="y")) == malformed.defects


def test_defaults() -> None:
    """What an error was not given is absent, not made up."""
    bare = {type(error): vars(error) for error in BARE}

    assert {"value": None, "requirement": None} == bare[InvalidValue]
    assert {"value": None, "requirement": None, "keyword": None} == bare[InvalidParameter]
    assert {"defects": ()} == bare[MalformedReport]
    assert {"limit": "", "value": 0} == bare[LimitExceeded]
    assert {"origin": "", "line": 0} == bare[TemplateError] == bare[CatalogueError]


@pytest.mark.parametrize(
    ("type_", "bases"),
    [
        (InvalidValue, (DsnError, ValueError)),
        (InvalidStatusCode, (InvalidValue,)),
        (InvalidXtext, (InvalidValue,)),
        (InvalidAddress, (InvalidValue,)),
        (InvalidReply, (InvalidValue,)),
        (InvalidParameter, (InvalidValue,)),
        (ParseError, (DsnError,)),
        (NotADeliveryReport, (ParseError,)),
        (MalformedReport, (ParseError,)),
        (LimitExceeded, (ParseError,)),
        (TemplateError, (DsnError,)),
        (ConfigurationError, (DsnError,)),
        (CatalogueError, (ConfigurationError,)),
        (TableError, (ConfigurationError,)),
        (RestrictionError, (ConfigurationError,)),
        (LookupFailed, (DsnError,)),
    ],
)
def test_branches(type_: type[DsnError], bases: tuple[type, ...]) -> None:
    """One root, and two branches: what we made, and what they sent."""
    assert bases == type_.__bases__
    assert issubclass(type_, DsnError)


def test_their_fault_is_no_value_error() -> None:
    """Who catches ValueError for values of his own does not catch what peers sent."""
    assert not issubclass(ParseError, ValueError)


@pytest.mark.parametrize(
    ("defect", "text"),
    [
        (Defect(code="field-space", message="what"), "field-space: what"),
        (Defect(code="field-space", message="what", offset=0), "field-space at octet 0: what"),
        (Defect(code="x", message="what", requirement="3464-2.1.1-01"), "x: what [3464-2.1.1-01]"),
        (DEFECT, "field-space at octet 7: 'Action : x' [3464-2.1.1-01]"),
    ],
)
def test_defect_prints(defect: Defect, text: str) -> None:
    """A defect prints its code, its place if there is one, what it is, and the rule."""
    assert text == str(defect)


def test_defect_is_a_value() -> None:
    """Defects compare, hash, pickle and never change."""
    again = pickle.loads(pickle.dumps(DEFECT))  # noqa: S301 - our own octets

    assert DEFECT == again
    assert hash(DEFECT) == hash(again)
    assert DEFECT != attrs.evolve(DEFECT, offset=None)
    for field in attrs.fields(Defect):
        with pytest.raises(AttributeError):
            setattr(DEFECT, field.name, None)
