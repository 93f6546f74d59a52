"""dsnlib: delivery status notifications and enhanced status codes (RFC 3461-3464)."""
from dsnlib.parse.report import parse_report, read_reports
