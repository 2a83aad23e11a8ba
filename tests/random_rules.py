"""Random rules and records for the pack `puzzle`: small, stratified, with every form of condition."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TILES = st.integers(1, 4)
STRATA = ["total", "p1", "p2", "enough", "p3", "p4", "p5"]
ARITY = {
    "node": 2,
    "edge": 3,
    "weight": 3,
    "total": 3,
    "p1": 2,
    "p2": 3,
    "enough": 2,
    "p3": 2,
    "p4": 3,
    "p5": 1,
}


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """Rows of one player: tiles, some with points, and ways between them."""
    tiles = draw(st.dictionaries(TILES, st.none() | st.integers(-2, 5), max_size=4))
    edges = draw(st.sets(st.tuples(TILES, TILES), max_size=7))
    nodes = [{"tile": tile} | ({} if p is None else {"points": p}) for tile, p in sorted(tiles.items())]
    rows: dict[str, Any] = {"players": [{}], "nodes": nodes}
    if edges or draw(st.booleans()):
        rows["edges"] = [{"tile": one, "other": other} for one, other in sorted(edges)]
    return rows


@st.composite
def programs(draw: st.DrawFn, choices: bool = True) -> str:
    """Rules for each derived predicate, from those below it; a positive atom may be of its own stratum."""
    lines = []
    for depth, name in enumerate(STRATA):
        below = ["node", "edge", *STRATA[:depth]]
        for _ in range(draw(st.integers(1, 2))):
            lines.append(f"%@ {draw(st.integers(1, 4))}")
            lines.append(draw(_rules(name, below, choices)))
    return "\n".join(lines) + "\n"


@st.composite
def _rules(draw: st.DrawFn, name: str, below: list[str], choices: bool) -> str:
    head, body = draw(_heads(name)), ["node(S,X)"]
    if draw(st.booleans()):
        body = [draw(st.sampled_from(["edge(S,X,Y)", "edge(S,Y,X)"]))]
    elif ARITY[name] == 3 or draw(st.booleans()):
        body.append(draw(st.sampled_from(["edge(S,X,Y)", "node(S,Y)", "Y = X..X+1", "Y = (1;X)", "Y = X+1"])))
    open_y = any("Y" in one for one in body)
    if "Y" in head and not open_y:
        body.append("Y = X")
        open_y = True
    if name != "total":
        own = [*below, name] if "+" not in head else below
        for _ in range(draw(st.integers(0, 1))):
            body.append(
                _atom(
                    draw,
                    draw(st.sampled_from([*own, name])) if own != below else draw(st.sampled_from(below)),
                    open_y,
                )
            )
    for _ in range(draw(st.integers(0, 2))):
        body += draw(_conditions(below, open_y))
    if name == "total":
        body.append("N = " + draw(_sums(below, open_y)))
    if choices and name in ("p1", "p3") and draw(st.integers(0, 3)) == 0:
        shape = draw(st.integers(0, 2))
        if shape == 0:
            head = f"{{ {head} }}"
        elif shape == 1:
            head = f"{{ {name}(S,Z) : edge(S,X,Z) }}"
        else:
            head = f"{{ {name}(S,Z) : node(S,Z), Z >= X }} 1"
    order = draw(st.permutations(body))
    return f"{head} :- {'; '.join(order)}."


def _heads(name: str) -> st.SearchStrategy[str]:
    if name == "total":
        return st.just("total(S,X,N)")
    if ARITY[name] == 1:
        return st.just("p5(S)")
    if ARITY[name] == 3:
        return st.sampled_from([f"{name}(S,{args})" for args in ("X,Y", "Y,X", "X,X+Y", "X,2", "(X;Y),X")])
    return st.sampled_from([f"{name}(S,{args})" for args in ("X", "X", "Y", "X+1", "1", "2*X", "(X;3)")])


def _atom(draw: st.DrawFn, name: str, open_y: bool) -> str:
    terms = ["X", "Y" if open_y else "X", "_", "2", "X+1", "(1;X)"]
    own = [draw(st.sampled_from(terms)) for _ in range(ARITY[name] - 1)]
    return f"{name}({','.join(['S', *own])})"


def _sums_over(below: list[str], open_y: bool) -> st.SearchStrategy[str]:
    """Elements of an aggregate: a tuple and its condition."""
    more = [f"Z : {one}(S,Z)" for one in below if ARITY[one] == 2]
    more += [f"Z,V : {one}(S,Z,V)" for one in below if ARITY[one] == 3]
    more += [f"V,Z : {one}(S,Z,V), Z >= X" for one in below if ARITY[one] == 3]
    more += [f"1,Z : node(S,Z), not {one}(S,Z)" for one in below if ARITY[one] == 2]
    fixed = [
        "W,Z : weight(S,Z,W)",
        "W,Z : edge(S,X,Z), weight(S,Z,W)",
        "W*2-Z,Z : weight(S,Z,W), edge(S,X,Z)",
        "W : weight(S,_,W)",
        "W,Z : weight(S,Z,W), kind(Z,(red;blue))",
        "2,Z : kind(Z,red), node(S,Z) ; -1,Z : edge(S,Z,X)",
        "Z : Z = 1..X",
    ]
    return st.sampled_from([*fixed, *more])


@st.composite
def _sums(draw: st.DrawFn, below: list[str], open_y: bool) -> str:
    function = draw(st.sampled_from(["#sum", "#sum", "#sum+", "#count", "#min", "#max"]))
    return f"{function} {{ {draw(_sums_over(below, open_y))} }}"


@st.composite
def _conditions(draw: st.DrawFn, below: list[str], open_y: bool) -> list[str]:
    """One or two literals that belong together."""
    shape = draw(st.integers(0, 10))
    other = "Y" if open_y else "X"
    name = draw(st.sampled_from(below))
    if shape == 0:
        return ["not " + _atom(draw, name, open_y)]
    if shape == 1:
        written = [
            "X < {0}",
            "X+1 <= {0}",
            "X != 2",
            "1 <= X <= 3",
            "X = (1;2)",
            "X = 1..3",
            "not X > {0}",
            "X \\ 2 = 0",
            "|X-{0}| < 2",
            "2 < X",
        ]
        return [draw(st.sampled_from(written)).format(other)]
    if shape == 2:
        return [
            "limit(most,M)",
            draw(st.sampled_from([f"{other} <= M", "X > M", "M < X", f"M*2 >= X+{other}"])),
        ]
    if shape == 3:
        return [f"reading(ways,{draw(st.sampled_from(['both', 'one', '(both;one)']))})"]
    if shape == 4:
        return [f"kind({other},{draw(st.sampled_from(['red', 'blue', '_', '(red;blue)']))})"]
    if shape == 5:
        relation = draw(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
        sign = draw(st.sampled_from(["", "", "not "]))
        bound = draw(st.sampled_from(["1", "2", "X", "4"]))
        return [f"{sign}{draw(_sums(below, open_y))} {relation} {bound}"]
    if shape == 6:
        return [draw(_sums(below, open_y)) + " >= L", "limit(least,L)"]
    if shape == 7:
        return [
            "T = " + draw(_sums(below, open_y)),
            draw(st.sampled_from(["T > 1", "T < 3", "T != X", "T*2 <= 5"])),
        ]
    if shape == 8:
        posed = draw(
            st.sampled_from(["edge(S,X,Z)", "node(S,Z)", "node(S,Z), Z > X", "kind(Z,red), node(S,Z)"])
        )
        asked = [f"{one}(S,Z)" for one in below if ARITY[one] == 2]
        asked += [f"{one}(S,Z,X)" for one in below if ARITY[one] == 3]
        asked += [f"not {one}(S,Z)" for one in below if ARITY[one] == 2] + [
            "Z > X",
            "edge(S,Z,_)",
            "not edge(S,_,Z)",
        ]
        return [f"{draw(st.sampled_from(asked))} : {posed}"]
    if shape == 9:
        return ["not not " + _atom(draw, name, open_y)]
    bound = draw(
        st.sampled_from(
            [
                "1 <= #count {{ Z : {0}(S,Z) }} <= 2",
                "2 {{ {0}(S,Z) : node(S,Z) }}",
                "{{ {0}(S,Z) }} 1",
                "#count {{ Z : {0}(S,Z) }} = 1",
            ]
        )
    )
    return [bound.format(draw(st.sampled_from([one for one in below if ARITY[one] == 2])))]
