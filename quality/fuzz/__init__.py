"""Every reader of the package against spoilt input: ``make fuzz``, or ``python -m quality.fuzz --target NAME``.

What a reader is given may be anything; what it gives back is a result that keeps its promises, or one sentence (an
:class:`~eaeu_analysis.errors.EaeuError`). A traceback, a wrong result, a hang or a memory blow-up is a crash: its
input is kept in ``bld/fuzz`` under its hash.

    targets/    what is attacked: a name, valid inputs to begin from, the call
    odd         values that readers get wrong
    mutate      bytes spoilt: bits, spans, numbers, lines, splices
    structure   documents spoilt where they still parse: JSON, TOML, CSV, XML
    judge       one input against one target: result, sentence or crash; time and memory
    engine      inputs in turn: what brings a new sentence is spoilt further; or atheris, by coverage
    campaign    a process a target, so that even a segmentation fault is counted and kept
"""
