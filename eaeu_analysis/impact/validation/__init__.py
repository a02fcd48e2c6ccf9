"""How often the tool is wrong: calibration on placebos, yardsticks with a known answer."""
