"""What the union did to trade: gravity with agreements and its findings."""
