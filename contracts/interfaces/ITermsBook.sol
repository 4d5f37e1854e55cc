// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What one unit of use counts.
enum Meter {
    Call,
    Second,
    Megabyte
}

/// @notice The conditions of a licence, whichever dataset they are offered for.
/// @param rights Bitmask of what is granted; see the library `Rights`.
/// @param meter What a unit of use counts.
/// @param unitPrice For one unit, in the smallest unit of `token`.
/// @param token What is paid in, price and use alike; zero is ETH.
/// @param duration Seconds a licence lasts; zero means perpetual.
/// @param notice Seconds between a revocation, or a member's leaving a catalogue, and its effect.
/// @param maxUnits Units that may be used in all; zero means no limit.
/// @param derivativePpm What a dataset made directly from the licensed one must at least share with it.
/// @param flags Bit 0 Transferable, bit 1 Revocable, bit 2 DerivativesSurvive.
/// @param text sha-256 of the legal text.
struct Terms {
    uint16 rights;
    Meter meter;
    uint128 unitPrice;
    address token;
    uint32 duration;
    uint32 notice;
    uint48 maxUnits;
    uint32 derivativePpm;
    uint8 flags;
    bytes32 text;
}

/// @notice Terms as they are kept: all but the text's digest, which the id commits to and `TermsPublished` carries.
/// @param index Their number, counting from 1; zero for terms that were not published.
struct StoredTerms {
    address token;
    uint32 index;
    uint32 duration;
    uint16 rights;
    Meter meter;
    uint8 flags;
    // The second slot, which a purchase never reads.
    uint128 unitPrice;
    uint48 maxUnits;
    uint32 notice;
    uint32 derivativePpm;
}

/// @title Conditions, written once and reused by any dataset
/// @dev Assumptions:
/// - Tokens: any address can be named. Whoever offers or buys judges whether the token keeps what `IRoyaltySplitter` assumes.
/// - Text: whoever relies on terms has the text that hashes to their digest; the chain keeps the digest alone, in the id and
/// the event.
/// - Hashes: nobody finds two terms of one id, or two texts of one digest.
interface ITermsBook {
    /// @notice These terms exist from now on.
    event TermsPublished(bytes32 indexed termsId, uint32 indexed index, Terms terms);

    /// @notice Rights are at least one bit, and no unknown ones.
    error Terms_InvalidRights(uint16 rights);

    /// @notice The flags contain unknown bits.
    error Terms_UnknownFlags(uint8 flags);

    /// @notice Terms with a quota cannot be transferable: the quota would start anew with each holder's use elsewhere.
    error Terms_TransferableQuota(uint48 maxUnits);

    /// @notice Parents together receive at most 900,000 ppm, so no more can be asked for one.
    error Terms_DerivativeShare(uint32 derivativePpm);

    /// @notice No terms of this id were published.
    error Terms_Unknown(bytes32 termsId);

    /// @notice Publishes terms, or finds them: the same terms are the same id, whoever publishes them.
    /// @return termsId `hashStruct(Terms)`.
    function publishTerms(Terms calldata terms) external returns (bytes32 termsId);

    /// @notice The terms of an id; all zero where none were published.
    function termsOf(bytes32 termsId) external view returns (StoredTerms memory);

    /// @notice The id of the terms with this number; zero where there are none.
    function termsIdAt(uint32 index) external view returns (bytes32);
}
