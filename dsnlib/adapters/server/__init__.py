"""The reference server: sessions over aiosmtpd, decided by the engine."""
