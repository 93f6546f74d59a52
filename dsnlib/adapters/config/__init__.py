"""The settings of a site: `dsnlib.toml`, its keys, and how they are read."""
