// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Scopes of a signer
/// @notice Access uses the account's licences, pay signs vouchers for it and takes offers made to it, settle acts for it as a gateway.
library Scopes {
    uint8 internal constant ACCESS = 1;
    uint8 internal constant PAY = 2;
    uint8 internal constant SETTLE = 4;

    uint8 internal constant ALL = 7;
}
