"""Addresses below /api/v1/."""

from django.urls import path

from proofs.api import OwnPart, ProofDetail, ProofList, TreeFile

urlpatterns = [
    path("proofs", ProofList.as_view()),
    path("proofs/<int:proof_id>", ProofDetail.as_view()),
    path("proofs/<int:proof_id>/mine", OwnPart.as_view()),
    path("proofs/<int:proof_id>/trees/<str:asset>", TreeFile.as_view()),
]
