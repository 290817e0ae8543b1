"""initialise makes running statistics only if there are none yet."""

from bnlab_solutions import *

MISTAKE = "layer-statistics-survive-initialise"
EXERCISE = "BatchNorm"
MESSAGE = (
    "When your layer is initialised a second time, it goes on with the running statistics of its earlier "
    "life. Initialising means the state before training, all of it. Look at the condition under which you "
    "make the two arrays."
)


class BatchNorm(BatchNorm):
    def initialise(self, rng):
        kept = getattr(self, "running_mean", None), getattr(self, "running_var", None)
        super().initialise(rng)
        if kept[0] is not None:
            self.running_mean, self.running_var = kept
