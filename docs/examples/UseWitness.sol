// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IUsageLedger, Statement, SumProof, Use, Voucher} from "../../contracts/interfaces/IUsageLedger.sol";

/// @title Says in an event which uses were proved to it
/// @notice Anybody may prove a use. Once is enough for whoever reads the events; twice is said twice.
contract UseWitness {
    IUsageLedger internal immutable LEDGER;

    event UseProved(uint32 indexed dataset, uint64 indexed license, bytes32 indexed item, uint64 at);

    error Witness_NotPaid(uint32 dataset, uint64 license);

    constructor(IUsageLedger ledger) {
        LEDGER = ledger;
    }

    function witness(
        Voucher calldata voucher,
        uint256 settledAt,
        Statement calldata statement,
        SumProof calldata statementProof,
        Use calldata use,
        SumProof calldata useProof
    ) external {
        bool paid = LEDGER.verifyUse(voucher, settledAt, statement, statementProof, use, useProof);
        require(paid, Witness_NotPaid(use.dataset, use.license));

        emit UseProved(use.dataset, use.license, use.item, use.at);
    }
}
