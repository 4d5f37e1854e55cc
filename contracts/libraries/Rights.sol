// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Rights
/// @notice What a licence may grant, one bit each. The first four are the CAWG training-and-data-mining assertions.
library Rights {
    uint16 internal constant DATA_MINING = 1 << 0;
    uint16 internal constant INFERENCE = 1 << 1;
    uint16 internal constant TRAINING = 1 << 2;
    uint16 internal constant GENERATIVE_TRAINING = 1 << 3;
    uint16 internal constant VOICE_CLONING = 1 << 4;
    uint16 internal constant PLAYBACK = 1 << 5;
    uint16 internal constant DERIVATION = 1 << 6;
    uint16 internal constant COMMERCIAL = 1 << 7;
    uint16 internal constant REDISTRIBUTION = 1 << 8;
    uint16 internal constant WEIGHT_RELEASE = 1 << 9;

    uint16 internal constant ALL = (1 << 10) - 1;

    /// @notice Whether `granted` holds every right of `wanted`.
    function includes(uint16 granted, uint16 wanted) internal pure returns (bool) {
        return wanted & ~granted == 0;
    }

    /// @notice The names of the rights, in bit order, joined by ", ".
    function names(uint16 rights) internal pure returns (string memory list) {
        string[10] memory all = [
            "DataMining",
            "Inference",
            "Training",
            "GenerativeTraining",
            "VoiceCloning",
            "Playback",
            "Derivation",
            "Commercial",
            "Redistribution",
            "WeightRelease"
        ];
        for (uint256 bit; bit < all.length; ++bit) {
            if (rights & (1 << bit) != 0) {
                list = string.concat(list, bytes(list).length == 0 ? "" : ", ", all[bit]);
            }
        }
    }
}
