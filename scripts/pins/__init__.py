"""Writers of the shipped tables in data/trade and data/remittances. They need the files of the sources."""
