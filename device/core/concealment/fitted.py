"""The coefficients that ship, as `shopwarden-train fit-concealment` wrote them. Decides nothing.

Fitted to 86 clips of `staged_theft` in 31 takes; AUC 0.906 (0.779 to 0.971) by five folds of whole groups.
They hold no picture and no person: how far wrists are from hips, and how surely a bag is at a hand.
"""

from device.core.concealment.weigh import Classifier, Classifiers

FITTED = Classifiers(
    # far_mean, far_most, near_mean, near_most
    pocket=Classifier(
        mean=(0.58949, 0.79649, 0.42074, 0.59015),
        spread=(0.22601, 0.25222, 0.16766, 0.20546),
        weights=(-1.12949, -0.54941, -0.78929, -0.39299),
        bias=-2.00182,
    ),
    # bag_quarter, bag_half, bag_most
    bag=Classifier(
        mean=(-2.5699, -2.2381, -1.99098),
        spread=(0.83579, 0.71057, 0.61386),
        weights=(0.89084, 1.2465, 1.33972),
        bias=-1.81956,
    ),
)
