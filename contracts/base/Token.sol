// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "solady/tokens/ERC721.sol";

import {Relayable} from "./Relayable.sol";

/// @title An ERC-721 whose contract takes relayed calls
/// @notice Transfers and approvals answer to the direct caller only, because Solady checks `caller()`: relayed, they
/// would act for the contract itself. Neither tokens nor ETH enter the contract itself, from where nobody could take them.
abstract contract Token is ERC721, Relayable {
    /// @notice A token cannot be held by the contract that issues it.
    error Token_HeldByItself();

    /// @notice Transfers and approvals cost nothing, and ETH sent along would stay here for ever.
    error Token_TakesNoValue(uint256 value);

    /// @inheritdoc ERC721
    function approve(address account, uint256 id) public payable override {
        _checkCall();
        super.approve(account, id);
    }

    /// @inheritdoc ERC721
    function setApprovalForAll(address operator, bool isApproved) public override {
        _checkCall();
        super.setApprovalForAll(operator, isApproved);
    }

    /// @inheritdoc ERC721
    function transferFrom(address from, address to, uint256 id) public payable override {
        _checkCall();
        super.transferFrom(from, to, id);
    }

    function _beforeTokenTransfer(address, address to, uint256) internal virtual override {
        require(to != address(this), Token_HeldByItself());
    }

    /// @dev Solady's functions are payable.
    function _checkCall() internal view {
        require(msg.sender != address(this), Relay_NotRelayable(msg.sig));
        require(msg.value == 0, Token_TakesNoValue(msg.value));
    }
}
