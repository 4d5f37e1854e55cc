// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A worthless token: anyone sets any balance, and every transfer "succeeds" without moving anything
contract WildToken {
    mapping(address holder => uint256 amount) public balanceOf;

    function setBalance(address holder, uint256 amount) external {
        balanceOf[holder] = amount;
    }

    function transfer(address, uint256) external pure returns (bool) {
        return true;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return true;
    }
}
