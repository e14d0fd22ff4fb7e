"""The slugs of the catalogue by name, so that a misspelt one fails at once.

A test holds them against `features.yaml`.
"""

from __future__ import annotations


class FeatureSlug:
    """One constant for each feature; plain texts, as they stand in folders and logs."""

    ORDER_READ = "order-read"
    ORDER_STATUS_READ = "order-status-read"
    ORDER_STATUS_WRITE = "order-status-write"
    RESERVATION_READ = "reservation-read"
    RESERVATION_STATUS_READ = "reservation-status-read"
    RESERVATION_STATUS_WRITE = "reservation-status-write"
    MENU_WRITE = "menu-write"
    MENU_SECTION_WRITE = "menu-section-write"
    PRODUCT_WRITE = "product-write"
    PRODUCT_VARIANT_WRITE = "product-variant-write"
    OPTION_CATEGORY_WRITE = "option-category-write"
    OPTION_WRITE = "option-write"
    DELIVERY_LOCATION_WRITE = "delivery-location-write"
    AVAILABILITY_WRITE = "availability-write"
    ORDER_CREATED_EVENT = "order-created-event"
    RESERVATION_CREATED_EVENT = "reservation-created-event"
    ORDER_STATUS_EVENT = "order-status-event"
    RESERVATION_STATUS_EVENT = "reservation-status-event"
    API_DOCS = "api-docs"
    WEBHOOK_DOCS = "webhook-docs"
    TEST_ACCOUNT = "test-account"
    SANDBOX_CREDENTIALS = "sandbox-credentials"
    PRODUCTION_CREDENTIALS = "production-credentials"
    TOKEN_LIFECYCLE = "token-lifecycle"  # noqa: S105 - a feature's name
    RESTAURANT_LINK = "restaurant-link"
    WEBHOOK_ENDPOINT = "webhook-endpoint"
    MAPPING_SHEET = "mapping-sheet"
    VALIDATION_REPORT = "validation-report"
    CANCELLATION_REQUEST = "cancellation-request"
    ORDER_AMEND = "order-amend"
    ORDER_REFUND = "order-refund"
    EVENT_RECOVERY = "event-recovery"
    STORE_ONBOARDING = "store-onboarding"
    COURIER_EVENT = "courier-event"
    DELIVERY_DISPATCH = "delivery-dispatch"
    RECEIPT_DOCUMENT = "receipt-document"
    TABLE_SESSION = "table-session"
    RESERVATION_SLOTS = "reservation-slots"
    DELIVERY_ZONES = "delivery-zones"
    CUSTOMER_FEEDBACK = "customer-feedback"
    SETTLEMENT = "settlement"
    CAPABILITY_DISCOVERY = "capability-discovery"


class CriterionSlug:
    """Criteria that code asks a folder about, beyond what checks prove."""

    AVAILABILITY_CLOSE_NOW = "availability-close-now"
    DASHBOARD_ACCESS = "dashboard-access"
    MENU_SET_MENU = "menu-set-menu"
    WEBHOOK_ENDPOINT_REACHABLE = "webhook-endpoint-reachable"
