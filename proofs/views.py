"""The pages where everybody sees what is owed, and each customer finds their own part."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel.decimals import format_decimal
from proofs.errors import UnknownProof
from proofs.models import Proof
from proofs.selectors import own_part, proofs_page, published_proof
from proofs.serializers import tree_body

#: Earlier proofs that the page lists; the API has them all.
EARLIER: Final = 20


@require_safe
def latest(request: HttpRequest) -> HttpResponse:
    """The latest proof, and where the earlier ones are."""
    proofs = proofs_page(before=None, limit=1)
    if not proofs:
        return render(request, "proofs/none.html", {"return_to": request.path})
    return _page(request, proofs[0])


@require_safe
def one(request: HttpRequest, proof_id: int) -> HttpResponse:
    """One proof."""
    try:
        proof = published_proof(proof_id=proof_id)
    except UnknownProof as unknown:
        raise Http404(unknown.detail) from unknown
    return _page(request, proof)


def _page(request: HttpRequest, proof: Proof) -> HttpResponse:
    context: dict[str, Any] = {
        "proof": proof,
        "trees": [tree_body(tree) for tree in proof.trees.all()],
        "others": [it for it in proofs_page(before=None, limit=EARLIER) if it != proof],
        "return_to": request.path,
    }
    if request.user.pk is not None:
        own = own_part(user_id=request.user.pk, proof_id=proof.pk)
        context["own"] = [
            {
                "asset": part.tree.asset.code,
                "balance": format_decimal(part.amount, scale=part.tree.asset.scale),
                "leaves": len(part.leaves),
                "root": part.tree.root,
                "total": part.tree.total,
            }
            for part in own.trees
            if part.amount
        ]
        context["account"] = own.user_id
    return render(request, "proofs/proof.html", context)
