"""The coefficients that ship, as `shopwarden-train fit-concealment` wrote them. Decides nothing.

Fitted to 86 clips of `staged_theft` in 31 takes; AUC 0.883 (0.714 to 0.963) by five folds of whole groups.
They hold no picture and no person: how far wrists are from hips, and how surely a bag is at a hand.
"""

from device.core.concealment.weigh import Classifier, Classifiers

FITTED = Classifiers(
    # far_mean, far_most, near_mean, near_most
    pocket=Classifier(
        mean=(0.59034, 0.79954, 0.42018, 0.58895),
        spread=(0.22723, 0.25241, 0.16859, 0.20814),
        weights=(-1.33529, -0.37658, -1.21209, -0.52316),
        bias=-2.79559,
    ),
    # bag_quarter, bag_half, bag_most
    bag=Classifier(
        mean=(-2.21163, -2.02354, -1.85521),
        spread=(0.52333, 0.51615, 0.51863),
        weights=(0.75915, 0.82714, 0.69288),
        bias=-1.08273,
    ),
)
