"""News of orders. Sent inside the transaction of the change.

order_changed: order, event (OrderEvent). The state moved.
order_answered: order, command (ocpi Command). What a caller may be waiting for has come.
order_progressed: order. The meter moved while charging.
bill_issued: order, bill (Bill). A final bill, a corrected one, or a credit.
payment_changed: order. A driver's payment to us came, failed, or was given back.
"""

from django.dispatch import Signal

order_changed = Signal()
order_answered = Signal()
order_progressed = Signal()
bill_issued = Signal()
payment_changed = Signal()
