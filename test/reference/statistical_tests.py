"""Statistics by SciPy: paired tests, rank correlations with exact p, intervals, trends and percentiles.

    python3 statistical_tests.py     writes ../fixtures/statistics.json

Inputs are drawn from one seeded generator and rounded, so that ties are exact. Undefined results are null.
"""
import itertools
import math
import pathlib

import numpy
import scipy
from scipy import stats

import compact_json

OUT = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "statistics.json"
SIDES = {"two_sided": "two-sided", "greater": "greater", "less": "less"}


def p_values(test):
    """The p of `test(alternative)` for each side."""
    return {f"p_{name}": float(test(alternative)) for name, alternative in SIDES.items()}


def sign_case(differences):
    kept = [d for d in differences if d != 0]
    positive = sum(d > 0 for d in kept)
    if kept:
        p = p_values(lambda side: stats.binomtest(positive, len(kept), 0.5, side).pvalue)
    else:
        p = {f"p_{name}": 1.0 for name in SIDES}
    return {"differences": differences, "n": len(kept), "positive": positive, **p}


def wilcoxon_case(differences, method):
    """Zeros dropped, average ranks; the normal approximation is corrected for ties and by one half."""
    test = lambda side: stats.wilcoxon(differences, zero_method="wilcox", correction=True, alternative=side,
                                       method=method)
    ranks = stats.rankdata(numpy.abs([d for d in differences if d != 0]))
    plus, total = float(test("greater").statistic), float(ranks.sum())
    case = {"differences": differences, "method": method, "n": len(ranks), "w_plus": plus, "w_minus": total - plus,
            "rank_biserial": (2 * plus - total) / total, "median_difference": float(numpy.median(differences)),
            **p_values(lambda side: test(side).pvalue)}
    if method == "asymptotic":
        case |= {f"z_{name}": float(test(side).zstatistic) for name, side in SIDES.items()}
        # For two sides SciPy scores the smaller rank sum; the sign given here is that of W+.
        case["z_two_sided"] = math.copysign(case["z_two_sided"], plus - total / 2)
    return case


def spearman_case(x, y):
    """rho and its exact permutation p: counts of orders at least as extreme, two-sided by |rho|."""
    if len(set(x)) == 1 or len(set(y)) == 1:
        return {"x": x, "y": y, "rho": None, "p_greater": None, "p_less": None, "p_two_sided": None}
    rho = float(stats.spearmanr(x, y).statistic)
    orders = numpy.array(list(itertools.permutations(stats.rankdata(x))))
    ranks = stats.rankdata(y)
    centered = ranks - ranks.mean()
    all_rho = (orders - orders.mean(1, keepdims=True)) @ centered / (
        numpy.linalg.norm(centered) * numpy.linalg.norm(orders[0] - orders[0].mean()))
    counts = {"greater": int((all_rho >= rho - 1e-12).sum()), "less": int((all_rho <= rho + 1e-12).sum()),
              "two_sided": int((abs(all_rho) >= abs(rho) - 1e-12).sum())}
    check_with_scipy(x, y, counts, len(orders))
    return {"x": x, "y": y, "rho": rho, "orders": len(orders),
            **{f"count_{side}": count for side, count in counts.items()},
            **{f"p_{side}": count / len(orders) for side, count in counts.items()}}


def check_with_scipy(x, y, counts, orders):
    """SciPy's permutation test must find the same counts; it rounds too, so equal rhos are made equal first."""
    if len(x) > 5:
        return
    rho = lambda first: numpy.round(stats.spearmanr(first, y).statistic, 10)
    extremeness = {"greater": rho, "less": lambda first: -rho(first), "two_sided": lambda first: abs(rho(first))}
    for side, statistic in extremeness.items():
        found = stats.permutation_test((x,), statistic, permutation_type="pairings", alternative="greater",
                                       n_resamples=numpy.inf, vectorized=False).pvalue
        assert round(found * orders) == counts[side], (x, y, side, found, counts)


def partial_spearman_case(x, y, controls):
    """Pearson correlation of what the ranks of the controls leave of the ranks of x and y (least squares)."""
    ranks = [stats.rankdata(values) for values in (x, y, *controls)]
    design = numpy.column_stack([numpy.ones(len(x)), *ranks[2:]])
    left = [values - design @ numpy.linalg.lstsq(design, values, rcond=None)[0] for values in ranks[:2]]
    flat = any(numpy.abs(values).max() < 1e-9 for values in left)
    return {"x": x, "y": y, "controls": controls, "rho": float(stats.spearmanr(x, y).statistic),
            "partial_rho": None if flat else float(stats.pearsonr(*left).statistic)}


def wilson_case(successes, trials, level):
    interval = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    return {"successes": successes, "trials": trials, "level": level,
            "low": float(interval.low), "high": float(interval.high)}


def mcnemar_case(only_first, only_second):
    discordant = only_first + only_second
    p = float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0
    return {"only_first": only_first, "only_second": only_second, "p_two_sided": p}


def page_case(blocks):
    """Rows are blocks, columns the treatments in predicted order; p is one-sided, exact without ties."""
    result = stats.page_trend_test(blocks, method="asymptotic")
    rows, columns = len(blocks), len(blocks[0])
    expected = rows * columns * (columns + 1) ** 2 / 4
    variance = rows * columns**2 * (columns + 1) ** 2 * (columns - 1) / 144
    case = {"blocks": blocks, "l": float(result.statistic), "expected": expected, "variance": variance,
            "z": (float(result.statistic) - expected) / math.sqrt(variance), "p_asymptotic": float(result.pvalue)}
    assert abs(stats.norm.sf(case["z"]) - case["p_asymptotic"]) < 1e-12, case
    if all(len(set(block)) == columns for block in blocks):
        case["p_exact"] = float(stats.page_trend_test(blocks, method="exact").pvalue)
    return case


def percentile_case(values):
    at = [0, 2.5, 5, 10, 25, 50, 75, 90, 95, 97.5, 100]
    return {"values": values, "at": at, "percentiles": [float(v) for v in numpy.percentile(values, at, method="linear")],
            "median": float(numpy.median(values)), "mean": float(numpy.mean(values)),
            "standard_deviation": float(numpy.std(values, ddof=1)) if len(values) > 1 else None,
            "standard_error": float(stats.sem(values)) if len(values) > 1 else None,
            "of_score": {kind: [float(stats.percentileofscore(values, v, kind)) for v in values[:5]]
                         for kind in ("rank", "weak", "strict", "mean")},
            "average_ranks": stats.rankdata(values).tolist()}


def draw(rng, count, decimals=3, shift=0.0):
    """Normal values; few decimals make ties."""
    return numpy.round(rng.normal(shift, 1, count), decimals).tolist()


def few(rng, count, levels):
    """Whole numbers with many ties."""
    return rng.integers(0, levels, count).astype(float).tolist()


def sign_cases(rng):
    fixed = [[1.0] * 8 + [-1.0] * 2, [0.0, 0.0], [0.5]]
    drawn = [draw(rng, 15), draw(rng, 40, 1, 0.5), draw(rng, 200, 2, 0.3)]
    return [sign_case(differences) for differences in fixed + drawn]


def wilcoxon_cases(rng):
    exact = [[1.1, -0.4, 2.3, 0.7, 1.9, -0.2, 0.5, 3.1]]
    exact += [draw(rng, n, 6, shift) for n, shift in ((5, 0), (12, 0.5), (20, -0.8), (25, 0.3))]
    normal = [draw(rng, n, decimals, shift) for n, decimals, shift in (
        (10, 1, 0.5), (30, 1, 0.2), (60, 1, -0.3), (40, 0, 0.4), (26, 6, 0.1))]
    return [wilcoxon_case(d, "exact") for d in exact] + [wilcoxon_case(d, "asymptotic") for d in normal]


def spearman_cases(rng):
    pairs = [([1, 2, 3, 4, 5, 6], [2, 1, 3, 5, 4, 6]), ([1, 2, 3], [3, 2, 1]), ([1.0] * 4, [1, 2, 3, 4]),
             ([0.0, 1.0, 1.0], [2.0, 0.0, 2.0]), ([0.0, 1.0, 1.0], [0.3, -0.2, 0.9])]
    for size in range(3, 8):
        pairs += [(draw(rng, size), draw(rng, size)) for _ in range(2)]
        if size > 3:
            pairs += [(few(rng, size, 3), draw(rng, size)), (few(rng, size, 3), few(rng, size - 1, 4) + [4.0])]
    return [spearman_case(x, y) for x, y in pairs]


def partial_spearman_cases(rng):
    drawn = [(draw(rng, n), draw(rng, n), [draw(rng, n) for _ in range(controls)])
             for n in (6, 8, 12) for controls in (1, 2)]
    tied = (few(rng, 9, 4), few(rng, 9, 4), [few(rng, 9, 3)])
    undefined = ([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0], [[2.0, 4.0, 6.0, 8.0]])
    return [partial_spearman_case(*case) for case in (*drawn, tied, undefined)]


def page_cases(rng):
    known = [[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]]
    trend = [numpy.round(rng.normal(0, 1, 5) + numpy.arange(5) * 0.5, 3).tolist() for _ in range(3)]
    drawn = [[draw(rng, 4) for _ in range(5)], [draw(rng, 6) for _ in range(3)], [few(rng, 4, 3) for _ in range(6)]]
    return [page_case(blocks) for blocks in (known, trend, *drawn)]


def normal_values():
    x = [-8, -4, -1.959964, -1, -0.1, 0, 0.5, 1.2816, 3, 6]
    p = [1e-9, 0.005, 0.025, 0.2, 0.5, 0.9, 0.975, 0.999999]
    return {"x": x, "cdf": stats.norm.cdf(x).tolist(), "p": p, "quantile": stats.norm.ppf(p).tolist()}


def main():
    rng = numpy.random.Generator(numpy.random.PCG64(20240211))
    proportions = [(8, 10), (0, 7), (7, 7), (1, 1), (53, 300), (999, 1000)]
    discordant = [(10, 2), (0, 0), (3, 3), (0, 6), (21, 40), (150, 110), (1, 0)]
    samples = [[3.0], draw(rng, 2), draw(rng, 9), draw(rng, 20, 1), few(rng, 11, 4)]
    compact_json.write(OUT, {
        "made_with": {"scipy": scipy.__version__, "numpy": numpy.__version__},
        "sign": sign_cases(rng),
        "wilcoxon": wilcoxon_cases(rng),
        "spearman": spearman_cases(rng),
        "partial_spearman": partial_spearman_cases(rng),
        "wilson": [wilson_case(*counts, level) for counts in proportions for level in (0.9, 0.95, 0.99)],
        "mcnemar": [mcnemar_case(*counts) for counts in discordant],
        "page": page_cases(rng),
        "percentiles": [percentile_case(values) for values in samples],
        "normal": normal_values(),
    })
    print(f"{OUT.name}: {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
