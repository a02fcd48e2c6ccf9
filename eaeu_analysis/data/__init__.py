"""From a World Bank code to a panel: load, transform, compare vintages, pin."""
