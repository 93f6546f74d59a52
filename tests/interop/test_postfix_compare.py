"""Our notifications and Postfix's are compared, without an order."""

from tests.interop.postfix_choices import Difference, Mark
from tests.interop.postfix_compare import Sent, compare_notices
from tests.interop.postfix_notice import Group, Notice

NOTICE = Notice(
    sender="",
    recipient="ann@s.example",
    report_type="message/delivery-status",
    groups=(Group(recipient="a@y.example", action="failed", status="5.1.1", fields={}),),
)
OTHER = Notice(
    sender="",
    recipient="ann@s.example",
    report_type="message/delivery-status",
    groups=(Group(recipient="b@y.example", action="relayed", status="2.0.0", fields={}),),
)


def test_comparison_knows_no_order() -> None:
    """Notifications are compared with those that are like them."""
    assert () == compare_notices([Sent(NOTICE), Sent(OTHER)], [OTHER, NOTICE], Mark.NONE)


def test_comparison_of_numbers() -> None:
    """What only one of us sends is a grave difference, with its name if there is one."""
    shown = "to ann@s.example: b@y.example relayed 2.0.0"

    assert (
        Difference("number", "1", "2", is_grave=True),
        Difference("notification", "none", shown, is_grave=True),
    ) == compare_notices([Sent(NOTICE)], [OTHER, NOTICE], Mark.NONE)
    assert "success-of-null-path" == compare_notices([], [OTHER], Mark.NULL)[1].label
    assert "template-stops" == compare_notices([Sent(NOTICE)], [], Mark.STUCK)[1].label
    assert "verification" == compare_notices([], [NOTICE], Mark.VERIFICATION)[1].label


def test_comparison_of_recipients() -> None:
    """Another recipient, action or status is grave."""
    (difference,) = compare_notices([Sent(NOTICE)], [OTHER], Mark.NONE)

    assert ("recipients", True) == (difference.field, difference.is_grave)
