"""Fuzz `load_templates`, with what follows from it, and `Parameters.parse`.

Invariant.
- Any octets give a set of templates or `TemplateError`, with a line of the file;
  where there is an error `load_templates_or_builtin` gives a set with a defect.
- A set is dumped as a file that loads as the equal set.
- What was loaded renders and expands without an error.
- Any octets give parameters or `TemplateError`, and so does each of their values.
"""

from __future__ import annotations

from dsnlib import (
    Parameters,
    TemplateClass,
    TemplateError,
    TemplateSet,
    load_templates,
    load_templates_or_builtin,
)
from fuzz.alphabet import TEMPLATE, expand

__all__ = ["READS", "check"]

READS = (
    "dsnlib.compose.template",
    "dsnlib.compose.heredoc",
    "dsnlib.compose.headers",
    "dsnlib.compose.postfix",
)

_PARAMETERS = Parameters({"myhostname": "mail.example.org", "delay_warning_time": "4h"})


def check(data: bytes) -> None:
    """Read one input as a template file and as main.cf, and assert the invariant."""
    octets = expand(data, TEMPLATE)
    for postfix in (False, True):
        _check_templates(octets, postfix=postfix)
    _check_parameters(octets)


def _check_templates(octets: bytes, *, postfix: bool) -> None:
    templates = load_templates_or_builtin(
        octets, origin="x", parameters=_PARAMETERS, postfix=postfix
    )
    again = load_templates(templates.dump(), origin="y", parameters=_PARAMETERS, postfix=postfix)
    assert templates == again
    _render(templates)
    strict = _load(octets, postfix=postfix)
    if isinstance(strict, TemplateError):
        assert 1 <= strict.line <= octets.count(b"\n") + 1
        assert templates.defects
    else:
        assert strict == templates
        assert strict.defects == templates.defects


def _load(octets: bytes, *, postfix: bool) -> TemplateSet | TemplateError:
    try:
        return load_templates(octets, origin="x", parameters=_PARAMETERS, postfix=postfix)
    except TemplateError as error:
        return error


def _render(templates: TemplateSet) -> None:
    for class_ in TemplateClass:
        assert isinstance(templates.of(class_).render({}), str)
        assert isinstance(templates.of(class_).render(_PARAMETERS), str)
    for block in templates.blocks.values():
        assert isinstance(block.render(lambda name: name), str)
    assert templates.expand(_PARAMETERS).octets


def _check_parameters(octets: bytes) -> None:
    try:
        parameters = Parameters.parse(octets)
    except TemplateError:
        return
    for name, _ in parameters.settings:
        try:
            value = parameters[name]
            parameters.warning(name)
        except TemplateError:
            continue
        assert not any(octet in value for octet in "\n\r\0\x1b")
