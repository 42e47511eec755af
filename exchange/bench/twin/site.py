"""The twin's one page: a table, three serializers, four views."""

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.urls import path
from rest_framework import generics, serializers

from exchange.bench.twin import TABLE
from kernel import clock
from ledger.models import Account
from orders.commands import CommandKind, OrderSide, OrderType, TimeInForce
from orders.models import Command, Market, Order, Trade

SIDES = {"buy": OrderSide.BUY, "sell": OrderSide.SELL}
#: The same columns as the command log, in a table without its trigger.
PlainOrder: Any = type(
    "PlainOrder",
    (models.Model,),
    {field.name: field.clone() for field in Command._meta.local_fields}
    | {
        "__module__": __name__,
        "Meta": type(
            "Meta", (), {"app_label": "orders", "managed": False, "db_table": TABLE}
        ),
    },
)


class PlaceForm(serializers.ModelSerializer[Any]):
    market = serializers.SlugRelatedField[Any](
        slug_field="symbol", queryset=Market.objects.all()
    )
    side = serializers.ChoiceField(choices=list(SIDES))
    type = serializers.ChoiceField(choices=["limit"])
    price = serializers.DecimalField(20, 2, min_value=Decimal("0.01"))
    quantity = serializers.DecimalField(20, 5, min_value=Decimal("0.00001"))

    class Meta:
        model = PlainOrder
        fields = ("id", "market", "side", "type", "price", "quantity", "client_order_id")

    def create(self, validated_data: dict[str, Any]) -> Any:
        market = validated_data["market"]
        return PlainOrder.objects.create(
            market=market,
            shard=market.shard,
            kind=CommandKind.PLACE,
            user=self.context["request"].user,
            side=SIDES[validated_data["side"]],
            type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            price=int(validated_data["price"] * 100),
            quantity=int(validated_data["quantity"] * 100_000),
            client_order_id=validated_data["client_order_id"],
            maker_ppm=market.maker_ppm,
            taker_ppm=market.taker_ppm,
            created_at=clock.now(),
        )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {
            "id": str(instance.pk),
            "market": instance.market.symbol,
            "price": str(instance.price),
            "quantity": str(instance.quantity),
            "client_order_id": instance.client_order_id,
        }


class BalanceShown(serializers.ModelSerializer[Account]):
    asset = serializers.CharField(source="asset.code")

    class Meta:
        model = Account
        fields = ("asset", "kind", "balance")


class OrderShown(serializers.ModelSerializer[Order]):
    market = serializers.CharField(source="market.symbol")

    class Meta:
        model = Order
        fields: Any = (
            "id", "market", "side", "type", "price", "quantity", "filled", "filled_quote",
            "status", "reason", "created_at", "updated_at",
        )  # fmt: skip


class FillShown(serializers.ModelSerializer[Trade]):
    class Meta:
        model = Trade
        fields = ("id", "price", "quantity", "quote_amount", "created_at")


class OrderWithFills(OrderShown):
    fills = serializers.SerializerMethodField()

    class Meta(OrderShown.Meta):
        fields: Any = (*OrderShown.Meta.fields, "fills")

    def get_fills(self, order: Order) -> Any:
        user = order.user_id
        trades = Trade.objects.filter(
            Q(maker_user=user, maker_order=order.pk)
            | Q(taker_user=user, taker_order=order.pk)
        )
        return FillShown(trades, many=True).data


def me(view: generics.GenericAPIView[Any]) -> Any:
    return view.request.user


class Orders(generics.ListCreateAPIView[Any]):
    def get_serializer_class(self) -> Any:
        return PlaceForm if self.request.method == "POST" else OrderShown

    def get_queryset(self) -> QuerySet[Any]:
        orders = Order.objects.filter(user=me(self)).select_related("market")
        return orders.order_by("-id")[:50]


class OneOrder(generics.RetrieveAPIView[Any]):
    serializer_class = OrderWithFills

    def get_queryset(self) -> QuerySet[Any]:
        return Order.objects.filter(user=me(self)).select_related("market")


class Balances(generics.ListAPIView[Any]):
    serializer_class = BalanceShown

    def get_queryset(self) -> QuerySet[Any]:
        kinds = ("available", "held")
        mine = Account.objects.filter(owner=me(self), kind__in=kinds)
        return mine.select_related("asset")


urlpatterns = [
    path("api/v1/orders", Orders.as_view()),
    path("api/v1/orders/<int:pk>", OneOrder.as_view()),
    path("api/v1/balances", Balances.as_view()),
]
