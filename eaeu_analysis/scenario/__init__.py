"""What if an economy joined: a scenario file to outcomes by channel, with their uncertainty and a backtest.

``files`` reads a scenario (``schema``, ``quantities``); ``setting`` lays out the world before it (``baseline``,
``rates``); ``channels`` turn its numbers into shocks; ``solve`` brings them in, draw by draw; ``run`` makes the result.
"""
