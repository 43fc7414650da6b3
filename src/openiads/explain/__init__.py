"""Why did this leaker get through, or why was this friend shot at: the chain of causes, and what would have changed it."""

from openiads.explain.chain import Chain, Link, chain
from openiads.explain.otherwise import Trial, otherwise
from openiads.explain.picture import draw

__all__ = ["Chain", "Link", "Trial", "chain", "draw", "otherwise"]
