"""Which ways to log in are good enough: `smtp_sasl_security_options` and its like.

Rules.
- By default what whoever reads along could use goes out under TLS alone.
- By default a refused log-in is for now: it is a matter of the site and not of the
  message, and nothing is to bounce for a wrong password.
"""

from __future__ import annotations

import re

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.texts import lower_text_set, upper_texts

__all__ = ["SaslPolicy"]

# What each is, in the words of `smtp_sasl_security_options`.
_PROPERTIES = {
    "XOAUTH2": frozenset({"noanonymous"}),
    "SCRAM-SHA-256": frozenset({"noplaintext", "noactive", "noanonymous", "mutual_auth"}),
    "CRAM-MD5": frozenset({"noplaintext", "noanonymous"}),
    "PLAIN": frozenset({"noanonymous"}),
    "LOGIN": frozenset({"noanonymous"}),
}
_OPTIONS = (
    "noplaintext", "noactive", "nodictionary", "noanonymous", "mutual_auth", "forward_secrecy"
)  # fmt: skip
# sasl-mech = 1*20mech-char                                        RFC 4422 s3.1
_NAME = re.compile(r"!?[A-Z0-9_-]{1,20}")
_ANY = frozenset({"static:all", "static:rest"})


@attrs.frozen(kw_only=True)
class SaslPolicy:
    """Which mechanisms are good enough, and what a refusal means.

    Args:
        options: What a mechanism has to be without TLS, in the words of
            `smtp_sasl_security_options`: `noplaintext`, `noactive`, `nodictionary`,
            `noanonymous`, `mutual_auth`, `forward_secrecy`.
        tls_options: The same under TLS.
        mechanisms: Names of mechanisms as in `smtp_sasl_mechanism_filter`: those that may
            be used, or, with `!` before them, may not; the first that fits counts, and
            `static:all` fits each.  None for all.
        is_soft: Whether a refused log-in is for now.

    Raises:
        InvalidValue: A word is no option, or no name of a mechanism.
    """

    options: frozenset[str] = attrs.field(
        default=frozenset({"noplaintext", "noanonymous"}), converter=lower_text_set
    )
    tls_options: frozenset[str] = attrs.field(
        default=frozenset({"noanonymous"}), converter=lower_text_set
    )
    mechanisms: tuple[str, ...] = attrs.field(default=(), converter=upper_texts)
    is_soft: bool = True

    def __attrs_post_init__(self) -> None:
        for word in sorted(self.options | self.tls_options):
            if word not in _OPTIONS:
                message = f"SASL: {word[:80]!r} is none of {', '.join(_OPTIONS)}"
                raise InvalidValue(message, value=word)
        for word in self.mechanisms:
            if word.lower() not in _ANY and _NAME.fullmatch(word) is None:
                message = f"SASL: {word[:80]!r} is no name of a mechanism"
                raise InvalidValue(message, value=word)

    def allows(self, mechanism: str, *, is_tls: bool) -> bool:
        """Tell whether a mechanism may be used.  Never raises.

        Args:
            mechanism: Its name, in upper case.
            is_tls: Whether the connection is encrypted.
        """
        wanted = self.tls_options if is_tls else self.options
        if not wanted <= _PROPERTIES.get(mechanism, frozenset()):
            return False
        for word in self.mechanisms:
            if word.lower() in _ANY or word.removeprefix("!") == mechanism:
                return not word.startswith("!")
        return not self.mechanisms
