"""Mail filters: our side of the Sendmail milter protocol, versions 2 to 6."""
