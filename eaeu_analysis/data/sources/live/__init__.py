"""Services asked over the network: World Bank API v2, its archives, WITS."""
