// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Share} from "../interfaces/IRoyaltySplitter.sol";

/// @title Lists of shares
/// @notice Finds and moves lines of a list in payee order.
library ShareList {
    /// @notice What `payee` has; zero if it has no line.
    /// @dev Binary search: the splitter checks, in the same transaction, that the payees ascend.
    function ppmOf(Share[] calldata shares, bytes32 payee) internal pure returns (uint32) {
        uint256 low;
        uint256 high = shares.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (shares[middle].payee < payee) low = middle + 1;
            else high = middle;
        }
        return low < shares.length && shares[low].payee == payee ? shares[low].ppm : 0;
    }

    /// @notice The list without `from`, and with its ppm at `to`, in order. `ppm` is zero if `from` has no line.
    function moved(Share[] calldata shares, bytes32 from, bytes32 to)
        internal
        pure
        returns (Share[] memory result, uint32 ppm)
    {
        ppm = ppmOf(shares, from);
        uint32 merged = ppmOf(shares, to);
        result = new Share[](merged == 0 ? shares.length : shares.length - 1);
        Share memory target = Share(to, merged + ppm);
        uint256 length;
        bool placed;
        for (uint256 i; i < shares.length && ppm != 0; ++i) {
            bytes32 payee = shares[i].payee;
            if (!placed && payee >= to) (result[length++], placed) = (target, true);
            if (payee != from && payee != to) result[length++] = shares[i];
        }
        if (!placed && ppm != 0) result[length] = target;
    }
}
