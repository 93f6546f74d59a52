"""The durable queue on the disk of one machine."""

from dsnlib.adapters.spool.spool import Spool

__all__ = ["Spool"]
