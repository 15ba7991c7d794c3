"""A Bumble controller that behaves like the radio of a small device, on a virtual air.

Each override works around a defect of Bumble 0.0.236; the comment names it.
"""

import asyncio
from typing import TYPE_CHECKING

from bumble import hci, ll
from bumble.controller import Controller
from bumble.transport.common import Transport

if TYPE_CHECKING:
    from trunkline.simulator.air import VirtualAir

_REPORT = hci.HCI_LE_Advertising_Report_Event


class VirtualController(Controller):
    """One radio: legacy advertising, 251-byte packets, a cancellable connect."""

    # Legacy advertising only, like an ESP32 with MicroPython. LL_PRIVACY is off because Linux then
    # waits for an Enhanced Connection Complete event that Bumble never sends.
    le_features = (
        Controller.le_features
        & ~hci.LeFeatureMask.LE_EXTENDED_ADVERTISING
        & ~hci.LeFeatureMask.LE_PERIODIC_ADVERTISING
        & ~hci.LeFeatureMask.LL_PRIVACY
    )
    # Bumble's default of 27 cuts each notification into ten packets.
    le_acl_data_packet_length = 251

    def __init__(
        self, name: str, air: "VirtualAir", address: hci.Address, host: Transport | None = None
    ) -> None:
        """Put a radio on the air.

        Args:
            name: For messages.
            air: Who else is there.
            address: Its own.
            host: HCI of a host elsewhere; the address is then its public one.
        """
        self.air = air
        if host is None:
            super().__init__(name, link=air)
        else:
            super().__init__(name, host.source, host.sink, air, address)
        # Without a public address, Bumble's host would ask for one and get zeros.
        self.random_address = address

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        """Report an advertiser; upstream repeats the advertising data as the scan response."""
        advertiser = self.air.find_le_controller(pdu.advertiser_address)
        if advertiser is None or self.air.is_apart(self, advertiser):
            return
        if self.le_scan_enable:
            self._report(_REPORT.EventType.ADV_IND, pdu, pdu.data)
            if self.le_scan_type:
                response = advertiser.le_legacy_advertiser.scan_response_data
                self._report(_REPORT.EventType.SCAN_RSP, pdu, response)
        pending = self.pending_le_connection
        if pending is None or pending.peer_address != pdu.advertiser_address:
            return
        if self.air.may_connect(pdu.advertiser_address):
            self.create_le_connection(pdu.advertiser_address)

    def _report(
        self, event_type: "_REPORT.EventType", pdu: ll.AdvInd | ll.AdvExtInd, data: bytes
    ) -> None:
        report = _REPORT.Report(
            event_type=event_type,
            address_type=pdu.advertiser_address.address_type,
            address=pdu.advertiser_address,
            data=data,
            rssi=self.air.rssi_dbm,
        )
        self.send_hci_packet(_REPORT([report]))

    def on_hci_le_create_connection_cancel_command(
        self, _command: hci.HCI_LE_Create_Connection_Cancel_Command
    ) -> hci.HCI_StatusReturnParameters:
        """Cancel a connect; upstream leaves it pending, and every later connect fails."""
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is not None:
            cancelled = hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
            asyncio.get_running_loop().call_soon(self.send_hci_packet, cancelled)
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)
