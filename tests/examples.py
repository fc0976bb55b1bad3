"""How many examples a property tries.

Properties look for new examples wherever people work. What decides whether a change lands tries the same ones each time
(SESGUARD_SAME_EXAMPLES, set by .ci/run), so that a chance find in what the change has not touched does not stop it;
half as many show that nothing has come back, and the time goes to what is tried anew.
"""

import os
from typing import Final

SAME_EXAMPLES: Final = "SESGUARD_SAME_EXAMPLES" in os.environ
USUALLY: Final = 100  # Hypothesis' own


def examples(most: int) -> int:
    """Return the ``max_examples`` of a property that tries ``most`` where they are new ones."""
    return most // 2 if SAME_EXAMPLES else most
