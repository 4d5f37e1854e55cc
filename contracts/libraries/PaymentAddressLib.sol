// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Code of payment addresses
/// @notice A minimal proxy that stops at once on empty calldata and delegates everything else. Stock minimal clones
/// delegate first, which costs more than the 2,300 gas of a plain ETH transfer once they are deployed.
library PaymentAddressLib {
    /// @notice The clone could not be created.
    error PaymentAddress_DeploymentFailed(bytes32 salt);

    /// @dev Constructor (10 bytes): returns the 51 bytes that follow.
    ///   6033 600a 5f 39 6033 5f f3      codecopy(0, 10, 51) return(0, 51)
    /// Runtime, first part: CALLDATASIZE PUSH1 5 JUMPI STOP JUMPDEST, then the delegating proxy with PUSH0
    ///   36 6005 57 00 5b                empty calldata: stop
    ///   36 5f 5f 37                     calldatacopy(0, 0, calldatasize)
    ///   5f 5f 36 5f 73 <target> 5a f4   delegatecall(gas, target, 0, calldatasize, 0, 0)
    ///   3d 5f 5f 3e                     returndatacopy(0, 0, returndatasize)
    ///   602f 57 3d 5f fd 5b 3d 5f f3    revert or return it
    function creationCode(address target) internal pure returns (bytes memory) {
        return abi.encodePacked(
            hex"6033600a5f3960335ff3",
            hex"36600557005b365f5f375f5f365f73",
            target,
            hex"5af43d5f5f3e602f573d5ffd5b3d5ff3"
        );
    }

    function deploy(address target, bytes32 salt) internal returns (address clone) {
        bytes memory code = creationCode(target);
        // Measured need: `new` cannot deploy hand-made code.
        assembly ("memory-safe") {
            clone := create2(0, add(code, 0x20), mload(code), salt)
        }
        require(clone != address(0), PaymentAddress_DeploymentFailed(salt));
    }

    /// @dev EIP-1014.
    function predict(address target, bytes32 salt, address deployer) internal pure returns (address) {
        bytes32 hash = keccak256(abi.encodePacked(bytes1(0xff), deployer, salt, keccak256(creationCode(target))));
        return address(uint160(uint256(hash)));
    }
}
