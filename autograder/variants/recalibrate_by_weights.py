"""recalibrate keeps three lists and forms weighted averages with matrix products at the end."""

import numpy as np
from bnlab_solutions import *


def recalibrate(batches):
    sizes, means, variances = [], [], []
    for batch in batches:
        m, v = batch_statistics(batch)
        sizes.append(batch.shape[0])
        means.append(m)
        variances.append(v)
    weights = np.array(sizes) / np.sum(sizes)
    means = np.stack(means)
    mean = weights @ means
    return mean, weights @ np.stack(variances) + weights @ (means - mean) ** 2
