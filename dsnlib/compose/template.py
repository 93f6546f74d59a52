"""Bounce templates: four letters in a file, as Postfix's bounce(5) describes them.

A template has a few headers and a text.  The text is laid out when the file is
loaded, so a mistake in it is found then, with its line, and not when a bounce
has to leave.

Rules.
- A template that breaks a rule for headers and text is left out with a `Defect`,
  and the built-in one stands in for it, as in Postfix.
- A file that is no template file, and a `$name` that is malformed or does not
  exist, are a `TemplateError`; `load_templates_or_builtin` makes that a defect
  too, for a bounce that must leave.
- Later definitions win, of templates and of headers.
- A template with `Language` is one of ours, without it is Postfix's.  In one of
  ours headers may be UTF-8, the text is UTF-8 unless it says otherwise, and a
  line that names something and comes out blank is left out.
- `load_templates(set.dump())` is the same set.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.block import Block, Template, TemplateClass
from dsnlib.compose.headers import Draft, read_draft
from dsnlib.compose.heredoc import Document, Place, read_documents, write_document
from dsnlib.compose.names import BLOCK_DOCUMENTS, EXTENSION_NAMES, MESSAGE_NAMES
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.errors import Defect, TemplateError
from dsnlib.model.text import encode_wire

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = [
    "Expansion",
    "TemplateSet",
    "load_templates",
    "load_templates_or_builtin",
]


@attrs.frozen(kw_only=True)
class Expansion:
    """What `postconf -b` prints.

    Args:
        octets: The texts with the values of parameters in them.
        defects: What is odd about the values.
    """

    octets: bytes
    defects: tuple[Defect, ...] = ()


@attrs.frozen(kw_only=True)
class TemplateSet:
    """A template for each kind of notification.

    Args:
        failure: For what could not be delivered.
        delay: For what is delayed.
        success: For what was delivered, by request.
        verify: For a report on an address, by request.
        recipient_block: What stands for `$each_recipient`.
        details_block: What stands for `$each_details`.
        defects: What was wrong with the file.
    """

    failure: Template
    delay: Template
    success: Template
    verify: Template
    recipient_block: Block | None = None
    details_block: Block | None = None
    defects: tuple[Defect, ...] = attrs.field(default=(), eq=False)

    def of(self, class_: TemplateClass) -> Template:
        """Return the template of a kind.  Never raises."""
        template: Template = getattr(self, class_.value)
        return template

    @property
    def language(self) -> str | None:
        """The language of the failure template."""
        return self.failure.language

    @property
    def blocks(self) -> dict[str, Block]:
        """The blocks that there are, by the names that stand for them."""
        found = {"each_recipient": self.recipient_block, "each_details": self.details_block}
        return {name: block for name, block in found.items() if block is not None}

    def dump(self) -> bytes:
        """Return the templates as a file, as `postconf -t` prints them.  Never raises.

        `Language` comes first where there is one, the blocks come last, and an
        end marker is never one of the lines.
        """
        documents = []
        for class_ in TemplateClass:
            template = self.of(class_)
            headers = [f"{label}: {value}" for label, value in template.headers()]
            lines = [*headers, "", *template.text.split("\n")]
            documents.append(write_document(class_.document, lines))
        documents += [
            write_document(BLOCK_DOCUMENTS[name], block.text.split("\n"))
            for name, block in self.blocks.items()
        ]
        return encode_wire("\n".join(documents))

    def expand(self, parameters: Parameters) -> Expansion:
        """Return the texts with the values of parameters, as `postconf -b` prints them.

        What only a notification has a value for stands as `$name`, and no line
        is left out.

        Raises:
            TemplateError: A text has a fault, or names what does not exist.
        """
        documents, defects = [], []
        for class_ in TemplateClass:
            template = self.of(class_)
            ours = frozenset[str]() if template.is_postfix else EXTENSION_NAMES
            _check_names(template, parameters, ours)
            lines = []
            for number, line in enumerate(template.layout.lines):
                place = Place(template.origin, template.line + number)
                asked: list[str] = []

                def look_up(
                    name: str, asked: list[str] = asked, ours: frozenset[str] = ours
                ) -> str | None:
                    asked.append(name)
                    value = parameters.get(name)
                    return f"${name}" if value is None and name in ours else value

                lines.append(line.render(look_up))
                for name in dict.fromkeys(asked):
                    warning = parameters.warning(name)
                    if warning is not None:
                        defects.append(place.defect("template-value", warning))
            documents.append(write_document(f"expanded_{class_.value}_text", lines))
        return Expansion(octets=encode_wire("\n".join(documents)), defects=tuple(defects))


def load_templates(
    data: bytes | str,
    *,
    origin: str,
    parameters: Container[str] | None = None,
    builtin: TemplateSet | None = None,
    postfix: bool = False,
    check_names: bool = True,
) -> TemplateSet:
    r"""Return the templates of a file.

    >>> templates = load_templates("failure_template = Not for $myhostname\n", origin="bounce.cf")
    >>> templates.failure.render({"myhostname": "mail.example.org"})
    'Not for mail.example.org\n'

    Args:
        data: The whole file.
        origin: What errors call the file.
        parameters: The names that a text may use; those of Postfix's bounce
            daemon if not given.
        builtin: What stands in for templates and headers that the file has not;
            ours in English if not given.
        postfix: Whether nothing is allowed that Postfix has not: `Language`,
            names of the notification, blocks.
        check_names: Whether malformed and undefined names are an error here,
            rather than when the text is used.

    Raises:
        TemplateError: The file is no template file, or a name is malformed or
            does not exist.
    """
    loader = _Loader(origin, builtin, parameters=parameters, is_extended=not postfix)
    loader.is_checking = check_names
    return loader.load(data)


def load_templates_or_builtin(
    data: bytes | str,
    *,
    origin: str,
    parameters: Container[str] | None = None,
    builtin: TemplateSet | None = None,
    postfix: bool = False,
) -> TemplateSet:
    """Return what can be used of a file, and the built-in templates for the rest.  Never raises.

    Takes what `load_templates` takes.  A bad `$name` costs the template that it
    is in, a bad line between the templates costs them all; each is a defect.
    """
    loader = _Loader(origin, builtin, parameters=parameters, is_extended=not postfix)
    loader.is_tolerant = True
    try:
        return loader.load(data)
    except TemplateError as error:
        defect = Defect(code="template-file", message=str(error))
        return attrs.evolve(_english() if builtin is None else builtin, defects=(defect,))


@functools.cache
def _english() -> TemplateSet:
    from dsnlib.compose.shipped import shipped_template

    loader = _Loader("[built-in]", None, parameters=None, is_extended=True)
    return loader.load(shipped_template("en"), is_builtin=True)


class _Loader:
    """Makes a set of the documents of one file."""

    is_checking = True
    is_tolerant = False

    def __init__(
        self,
        origin: str,
        builtin: TemplateSet | None,
        *,
        parameters: Container[str] | None,
        is_extended: bool,
    ) -> None:
        self.origin = origin
        self.builtin = builtin
        self.parameters = Parameters() if parameters is None else parameters
        self.is_extended = is_extended
        self.defects: list[Defect] = []

    def load(self, data: bytes | str, *, is_builtin: bool = False) -> TemplateSet:
        """Return the set."""
        if self.builtin is None and not is_builtin:
            self.builtin = _english()
        documents = self._latest(data)
        stand_ins = {} if self.builtin is None else self.builtin.blocks
        blocks = self._blocks(documents) if self.is_extended else {}
        available = MESSAGE_NAMES - (BLOCK_DOCUMENTS.keys() - blocks.keys() - stand_ins.keys())
        names = available if self.is_extended else frozenset[str]()
        templates = {
            class_.value: self._template(class_, documents.get(class_.document), names)
            for class_ in TemplateClass
        }
        # A block of the built-in set comes along where something asks for it.
        used = frozenset[str]().union(*(each.layout.names() for each in templates.values()))
        blocks = {**{name: block for name, block in stand_ins.items() if name in used}, **blocks}
        return TemplateSet(
            **templates,
            recipient_block=blocks.get("each_recipient"),
            details_block=blocks.get("each_details"),
            defects=tuple(self.defects),
        )

    def _latest(self, data: bytes | str) -> dict[str, Document]:
        """Return the last document of each name that means something."""
        try:
            octets = encode_wire(data) if isinstance(data, str) else data
        except UnicodeEncodeError as error:
            raise Place(self.origin, 1).error("the text has lone surrogates") from error
        documents, defects = read_documents(octets, origin=self.origin)
        self.defects += defects
        known = [class_.document for class_ in TemplateClass]
        if self.is_extended:
            known += BLOCK_DOCUMENTS.values()
        latest: dict[str, Document] = {}
        for document in documents:
            if document.name in known:
                latest[document.name] = document
            else:
                message = f"unknown template name {document.name[:60]!r}; it is ignored"
                self.defects.append(document.place.defect("template-unknown-name", message))
        return latest

    def _blocks(self, documents: dict[str, Document]) -> dict[str, Block]:
        blocks = {}
        for name, document_name in BLOCK_DOCUMENTS.items():
            document = documents.get(document_name)
            if document is None:
                continue
            line = document.places[0].line if document.places else document.place.line
            block = Block(text="\n".join(document.lines), origin=self.origin, line=line)
            if self._is_usable(block, EXTENSION_NAMES - BLOCK_DOCUMENTS.keys()):
                blocks[name] = block
        return blocks

    def _template(
        self, class_: TemplateClass, document: Document | None, names: frozenset[str]
    ) -> Template:
        """Return the template of a document, or what stands in for it."""
        stand_in = None if self.builtin is None else self.builtin.of(class_)
        template = None
        if document is not None:
            draft = read_draft(
                document, class_.value, has_copy=class_.has_copy, is_extended=self.is_extended
            )
            if isinstance(draft, Defect):
                self.defects.append(draft)
            else:
                self.defects += draft.defects
                template = self._finished(class_, draft, stand_in)
        if template is not None and self._is_usable(template, names):
            return template
        if stand_in is None:
            raise Place(self.origin, 1).error(f"no usable {class_.document}")
        return stand_in

    def _finished(self, class_: TemplateClass, draft: Draft, stand_in: Template | None) -> Template:
        """Return the template with what the draft leaves out."""
        inherited = () if stand_in is None else stand_in.headers()
        headers = {label.lower(): value for label, value in inherited} | draft.headers
        if stand_in is None and not {"from", "subject"} <= headers.keys():
            raise Place(self.origin, draft.line).error(f"{class_.document}: no From or Subject")
        return Template(
            class_=class_,
            charset=draft.charset,
            from_=headers.get("from", "" if stand_in is None else stand_in.from_),
            subject=headers.get("subject", "" if stand_in is None else stand_in.subject),
            postmaster_subject=headers.get("postmaster-subject"),
            language=draft.language,
            is_postfix=not self.is_extended,
            text=draft.text,
            origin=self.origin,
            line=draft.line,
        )

    def _is_usable(self, block: Block, names: frozenset[str]) -> bool:
        """Tell whether the names of a text exist.

        Raises:
            TemplateError: They do not, and nothing may stand in for the text.
        """
        if not self.is_checking:
            return True
        try:
            _check_names(block, self.parameters, names)
        except TemplateError as error:
            if not self.is_tolerant:
                raise
            self.defects.append(Defect(code="template-name", message=str(error)))
            return False
        return True


def _check_names(block: Block, parameters: Container[str], names: frozenset[str]) -> None:
    """Raise for the first name of a text that is malformed or does not exist."""
    fault = block.layout.fault
    found = None if fault is None else (fault[0], str(fault[1]))
    if found is None:
        found = block.layout.unknown_name(lambda name: name in names or name in parameters)
    if found is not None:
        raise Place(block.origin, block.line + found[0]).error(found[1])
