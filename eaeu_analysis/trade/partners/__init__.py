"""Partners: exposure, indices, matrices, re-exports, mirror reports."""
