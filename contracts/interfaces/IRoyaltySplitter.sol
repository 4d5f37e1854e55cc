// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IRelayable} from "./IRelayable.sol";

/// @notice One line of a split.
/// @param payee Below 2^160 an address; otherwise an account, `keccak256(abi.encode(address controller, bytes32 key))`.
/// @param ppm Parts per million of everything the split receives.
struct Share {
    bytes32 payee;
    uint32 ppm;
}

/// @title Who is owed
/// @notice Holds all royalties and owes them to the payees of splits. A split never changes; an account is pointed at a
/// split by its controller alone; nobody can lower what a payee may claim. Token zero is ETH.
/// @dev Assumptions:
/// - Tokens, for safety: a transfer of `amount` moves exactly `amount`, nothing but transfers changes a balance, and a
/// balance is reached through one address only (through two it would be counted twice). What is held is compared with all
/// that is owed whenever money comes in; a token that breaks this harms those who are owed it, and no other token.
/// - Tokens, for liveness: one that blocks the splitter or a recipient leaves owed what it blocks.
/// - Recipients: they take what they are paid. One that does not fails its own claims alone.
/// - Chain: it has transient storage (EIP-1153), computes addresses by EIP-1014, and keeps its id, on which payment addresses
/// depend. A split of 1,000 payees is created, and moved, within the 2^24 gas that a transaction may use (EIP-7825).
/// - Solady: `SafeTransferLib` takes true or no answer for success, and only from a contract; `MerkleProofLib` hashes pairs
/// in ascending order; `fullMulDiv` is exact and rounds down.
interface IRoyaltySplitter is IRelayable {
    /// @notice A split exists from now on. The list is all that is needed to rebuild any proof.
    event SplitCreated(bytes32 indexed splitId, Share[] shares);

    /// @notice What `account` (of `controller` and `key`) receives from now on belongs to `splitId`.
    event AccountAssigned(bytes32 indexed account, bytes32 indexed splitId, address controller, bytes32 key);

    /// @notice `amount` of `token` arrived for `account` and was credited to the split it is assigned to.
    event Credited(bytes32 indexed account, bytes32 indexed splitId, address token, uint256 amount);

    /// @notice `amount` of `token` left the splitter for `payee`, paid to its recipient (see `RecipientSet`).
    event Claimed(bytes32 indexed payee, bytes32 splitId, address token, uint256 amount);

    /// @notice `amount` of `token` owed to the account `payee` was credited to `toSplit`; no token moved.
    event Forwarded(
        bytes32 indexed splitId, bytes32 indexed payee, bytes32 indexed toSplit, address token, uint256 amount
    );

    /// @notice Claims of `payee` are paid to `recipient` from now on.
    event RecipientSet(address indexed payee, address indexed recipient);

    /// @notice A split has between 1 and 1,000 payees.
    error Splitter_PayeeCount(uint256 count);

    /// @notice Payees are strictly ascending; `payee` at `index` is not above the one before it (or is zero).
    error Splitter_PayeeOrder(uint256 index, bytes32 payee);

    /// @notice The splitter itself cannot be a payee or a recipient.
    error Splitter_PaysItself();

    /// @notice A share is more than nothing.
    error Splitter_ZeroShare(uint256 index, bytes32 payee);

    /// @notice Shares sum to exactly 1,000,000.
    error Splitter_ShareSum(uint256 sum);

    /// @notice No split of that id was created.
    error Splitter_UnknownSplit(bytes32 splitId);

    /// @notice The account is not assigned to a split yet, so money for it stays where it is.
    error Splitter_UnassignedAccount(bytes32 account);

    /// @notice The proof does not show (payee, ppm) to be a line of the split.
    error Splitter_InvalidProof(bytes32 splitId, bytes32 payee, uint32 ppm);

    /// @notice ETH sent along is not the amount stated, or was sent with a token.
    error Splitter_WrongValue(uint256 expected, uint256 sent);

    /// @notice The splitter holds `held` of `token`, less than the `accounted` it would owe.
    error Splitter_NotReceived(address token, uint256 accounted, uint256 held);

    /// @notice One amount for each account.
    error Splitter_LengthMismatch(uint256 accounts, uint256 amounts);

    /// @notice Creates a split, or finds it: the same list is the same split, whoever names it.
    /// @param shares Payees strictly ascending, none zero; each ppm above zero; summing to 1,000,000; at most 1,000.
    /// @return splitId The Merkle root over `hashStruct(Share)` in payee order.
    function createSplit(Share[] calldata shares) external returns (bytes32 splitId);

    /// @notice Points the caller's account `key` at a split. Earlier credits stay with the split they arrived under.
    /// Warning: whoever controls an account decides who is paid through it.
    /// @return account `keccak256(abi.encode(caller, key))`.
    function assign(bytes32 key, bytes32 splitId) external returns (bytes32 account);

    /// @notice Points several of the caller's accounts at one split.
    function assignMany(bytes32[] calldata keys, bytes32 splitId) external;

    /// @notice Sets who is paid when the caller, as a payee, is claimed for. Zero means the caller itself.
    function setRecipient(address recipient) external;

    /// @notice Pays an assigned account from the caller's own money: ETH sent along, or an approved token.
    function pay(bytes32 account, address token, uint256 amount) external payable;

    /// @notice Credits accounts with money that has reached the splitter and is not accounted for yet.
    /// Warning: anyone may credit such money to any account, so send and credit in one transaction.
    function credit(bytes32[] calldata accounts, address token, uint256[] calldata amounts) external payable;

    /// @notice `credit` for one account, at less gas.
    function creditOne(bytes32 account, address token, uint256 amount) external payable;

    /// @notice Moves what lies at the account's payment address into the splitter and credits it. Anyone may trigger it.
    /// @return amount What was moved; zero is not an error.
    function sweep(bytes32 account, address token) external returns (uint256 amount);

    /// @notice Pays a payee what it is owed by a split. Anyone may trigger it; the money goes to the payee's recipient,
    /// or, where the payee is an account, as a credit to the split it is assigned to.
    /// @param proof Shows `Share(payee, ppm)` under `splitId`.
    /// @return amount What was paid; zero is not an error, so that nobody spoils a batch by claiming first.
    function claim(bytes32 splitId, address token, bytes32 payee, uint32 ppm, bytes32[] calldata proof)
        external
        returns (uint256 amount);

    /// @notice What a payee with `ppm` of the split can claim now. The share itself is not checked here.
    function owedOf(bytes32 splitId, address token, bytes32 payee, uint32 ppm) external view returns (uint256);

    /// @notice All that a split was ever credited with, forwards included.
    function receivedOf(bytes32 splitId, address token) external view returns (uint256);

    /// @notice All that a payee was ever paid by a split.
    function claimedOf(bytes32 splitId, address token, bytes32 payee) external view returns (uint256);

    /// @notice What the splitter owes in all: received from outside and not yet claimed out.
    function accountedOf(address token) external view returns (uint256);

    /// @notice The split that `account` is assigned to; zero if none.
    function splitOf(bytes32 account) external view returns (bytes32);

    /// @notice How many payees a split has; zero if it was not created.
    function payeeCountOf(bytes32 splitId) external view returns (uint256);

    /// @notice Who is paid when `payee` is claimed for.
    function recipientOf(address payee) external view returns (address);

    /// @notice `keccak256(abi.encode(controller, key))`.
    function accountOf(address controller, bytes32 key) external pure returns (bytes32);

    /// @notice The account's payment address: plain transfers to it reach the account with the next `sweep`.
    /// It is the same before and after the first sweep, and differs between chains.
    function addressOf(bytes32 account) external view returns (address);
}
