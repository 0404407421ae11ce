"""The best values known in the literature, typed in.

`SCORES`, team orienteering with windows, for one to four routes: Righini and Salani 2009 (optima for one), the tables of Hu and
Lim 2014 and of Gunawan, Lau and Lu 2015, as recalled; none is below what Souffriau et al. 2013 publish with their files. Scores
that the kernel itself found above those tables, accepted by the checker, stand in `ABOVE`. Where every customer is served the
value is the optimum.

`DISTANCES`, periodic routing: Vidal et al. 2012, their column of best known, as recalled; none is more than half a cent of a leg
above what Cordeau, Gendreau and Laporte 1997 publish with the files. The values of problems with windows come with their files (.sol).
"""

from __future__ import annotations

SCORES = {
    name: tuple(int(score) for score in scores)
    for name, *scores in (
        row.split()
        for row in """
        c101 320 590 810 1020
        c102 360 660 920 1150
        c103 400 720 990 1210
        c104 420 760 1030 1260
        c105 340 640 870 1060
        c106 340 620 870 1080
        c107 370 670 910 1120
        c108 370 680 920 1130
        c109 380 720 970 1190
        c201 870 1460 1810 1810
        c202 930 1470 1810 1810
        c203 960 1480 1810 1810
        c204 980 1490 1810 1810
        c205 910 1470 1810 1810
        c206 930 1480 1810 1810
        c207 930 1490 1810 1810
        c208 950 1490 1810 1810
        r101 198 349 484 611
        r102 286 508 694 843
        r103 293 522 747 928
        r104 303 552 778 975
        r105 247 453 620 778
        r106 293 529 729 906
        r107 299 538 760 950
        r108 308 560 797 995
        r109 277 506 710 885
        r110 284 525 737 915
        r111 297 544 774 953
        r112 298 544 776 974
        r201 797 1254 1441 1458
        r202 930 1347 1458 1458
        r203 1028 1416 1458 1458
        r204 1093 1458 1458 1458
        r205 953 1380 1458 1458
        r206 1032 1440 1458 1458
        r207 1077 1458 1458 1458
        r208 1117 1458 1458 1458
        r209 961 1405 1458 1458
        r210 1000 1423 1458 1458
        r211 1051 1458 1458 1458
        rc101 219 427 621 811
        rc102 266 505 714 909
        rc103 266 524 764 975
        rc104 301 575 834 1065
        rc105 244 480 682 875
        rc106 252 483 706 909
        rc107 277 534 773 987
        rc108 298 556 795 1025
        rc201 795 1384 1698 1724
        rc202 938 1509 1724 1724
        rc203 1003 1632 1724 1724
        rc204 1140 1716 1724 1724
        rc205 859 1458 1709 1724
        rc206 899 1546 1724 1724
        rc207 983 1587 1724 1724
        rc208 1057 1691 1724 1724
        pr01 308 502 622 657
        pr02 404 715 945 1079
        pr03 394 742 1010 1247
        pr04 489 928 1294 1585
        pr05 595 1101 1482 1838
        pr06 591 1076 1514 1860
        pr07 298 566 744 876
        pr08 463 834 1138 1382
        pr09 493 909 1275 1619
        pr10 594 1134 1573 1943
        pr11 353 566 654 657
        pr12 442 774 1002 1132
        pr13 467 843 1152 1386
        pr14 567 1017 1372 1670
        pr15 708 1220 1654 2065
        pr16 674 1231 1668 2065
        pr17 362 652 841 934
        pr18 539 953 1281 1543
        pr19 562 1034 1417 1750
        pr20 667 1232 1684 2062
        """.strip().splitlines()
    )
}
"""The best scores known for one, two, three and four routes."""

ABOVE: dict[tuple[str, int], int] = {("r210", 1): 1001, ("rc104", 3): 835}
"""Scores above the tables, by instance and team, found here and accepted by the checker."""

DISTANCES = {
    name: float(distance)
    for name, distance in (
        row.split()
        for row in """
        p01 524.61
        p02 1322.87
        p03 524.61
        p04 835.26
        p05 2024.96
        p06 835.26
        p07 826.14
        p08 2022.47
        p09 826.14
        p10 1593.43
        p11 770.89
        p12 1186.47
        p13 3462.73
        p14 954.81
        p15 1862.63
        p16 2875.24
        p17 1597.75
        p18 3131.09
        p19 4834.34
        p20 8367.40
        p21 2170.61
        p22 4193.95
        p23 6420.71
        p24 3687.46
        p25 3777.15
        p26 3795.32
        p27 21833.87
        p28 22242.51
        p29 22543.75
        p30 73875.19
        p31 76001.57
        p32 77598.00
        pr01 2209.02
        pr02 3767.50
        pr03 5153.54
        pr04 5877.37
        pr05 6581.86
        pr06 8207.21
        pr07 4996.14
        pr08 6970.68
        pr09 10038.43
        pr10 12897.01
        """.strip().splitlines()
    )
}
"""The least total distances known."""


def score(name: str, team: int) -> int:
    """Return the best score known for an instance and a team."""
    return max(SCORES[name][team - 1], ABOVE.get((name, team), 0))
