// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev What forge offers to tests, as far as these use it.
interface Vm {
    function addr(uint256 key) external pure returns (address);
    function deal(address holder, uint256 amount) external;
    function expectRevert(bytes calldata data) external;
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 time) external;
}

/// @title What every test here stands on, in the place of forge-std
/// @notice Contracts are deployed with the code that `make build` made: what is fuzzed is what is released.
abstract contract ForgeTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bool public constant IS_TEST = true;

    /// @dev What forge asks for: functions of a contract.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    error Differs(string what, uint256 found, uint256 expected);
    error Untrue(string what);

    function deployed(string memory name, bytes memory arguments) internal returns (address made) {
        bytes memory code = vm.parseJsonBytes(vm.readFile(string.concat("build/", name, ".json")), ".creationCode");
        code = bytes.concat(code, arguments);
        assembly {
            made := create(0, add(code, 0x20), mload(code))
        }
        holds(made != address(0), name);
    }

    function holds(bool isTrue, string memory what) internal pure {
        require(isTrue, Untrue(what));
    }

    function same(uint256 found, uint256 expected, string memory what) internal pure {
        require(found == expected, Differs(what, found, expected));
    }

    function same(bytes32 found, bytes32 expected, string memory what) internal pure {
        same(uint256(found), uint256(expected), what);
    }

    function same(address found, address expected, string memory what) internal pure {
        same(uint160(found), uint160(expected), what);
    }

    /// @dev A number from `low` to `high`, both included.
    function within(uint256 seed, uint256 low, uint256 high) internal pure returns (uint256) {
        if (low <= seed && seed <= high) return seed;
        return low + seed % (high - low + 1);
    }

    /// @dev The key of the actor of that role.
    function keyOf(string memory role) internal pure returns (uint256) {
        return uint256(keccak256(bytes(role))) >> 1;
    }

    function actor(string memory role) internal pure returns (address) {
        return vm.addr(keyOf(role));
    }

    function word(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function draw(uint256 seed, uint256 number) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, number)));
    }
}
