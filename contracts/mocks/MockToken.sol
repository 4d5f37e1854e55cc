// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title An ordinary ERC-20 with EIP-2612 permits, that anyone may mint
contract MockToken is ERC20Permit {
    uint8 internal immutable DECIMALS;

    constructor(string memory symbol_, uint8 decimals_)
        ERC20(string.concat("Mock ", symbol_), symbol_)
        ERC20Permit(string.concat("Mock ", symbol_))
    {
        DECIMALS = decimals_;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }
}
