// Plays a flow file through exchange-core's order book (OrderBookDirectImpl) by itself, in one thread, without its rings
// and risk engines, and prints one line of JSON: millions of commands a second of the first and of the best pass, and
// what came of it in the words of flow-answers.ts. Arguments: FILE.bin.gz PASSES.
import exchange.core2.collections.objpool.ObjectsPool;
import exchange.core2.core.common.CoreSymbolSpecification;
import exchange.core2.core.common.L2MarketData;
import exchange.core2.core.common.MatcherEventType;
import exchange.core2.core.common.MatcherTradeEvent;
import exchange.core2.core.common.OrderAction;
import exchange.core2.core.common.OrderType;
import exchange.core2.core.common.SymbolType;
import exchange.core2.core.common.cmd.CommandResultCode;
import exchange.core2.core.common.cmd.OrderCommand;
import exchange.core2.core.common.cmd.OrderCommandType;
import exchange.core2.core.common.config.LoggingConfiguration;
import exchange.core2.core.orderbook.IOrderBook;
import exchange.core2.core.orderbook.OrderBookDirectImpl;
import exchange.core2.core.orderbook.OrderBookEventsHelper;
import java.io.FileInputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

public final class Driver {
  private static final int RECORD_BYTES = 16;
  private static final int NEW = 0;
  private static final int CANCEL = 1;

  private long traded;
  private long refused;
  private IOrderBook book;

  public static void main(String[] args) throws Exception {
    ByteBuffer flow;
    try (GZIPInputStream in = new GZIPInputStream(new FileInputStream(args[0]))) {
      flow = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }
    int count = flow.limit() / RECORD_BYTES;
    double first = 0;
    double best = 0;
    Driver driver = null;
    for (int pass = 0; pass < Integer.parseInt(args[1]); pass += 1) {
      driver = new Driver();
      long started = System.nanoTime();
      driver.play(flow, count);
      double rate = count / ((System.nanoTime() - started) / 1e3);
      if (pass == 0) first = rate;
      best = Math.max(best, rate);
    }
    System.out.println(String.format(Locale.ROOT,
        "{\"first\":%.2f,\"warm\":%.2f,\"answers\":{\"traded\":%d,\"refused\":%d,\"depth\":\"%08x\"}}",
        first, best, driver.traded, driver.refused, driver.depth()));
  }

  private Driver() {
    CoreSymbolSpecification symbol = CoreSymbolSpecification.builder()
        .symbolId(1).type(SymbolType.CURRENCY_EXCHANGE_PAIR).baseCurrency(1).quoteCurrency(2)
        .baseScaleK(1).quoteScaleK(1).takerFee(0).makerFee(0).build();
    HashMap<Integer, Integer> pools = new HashMap<>();
    pools.put(ObjectsPool.DIRECT_ORDER, 1 << 16);
    pools.put(ObjectsPool.DIRECT_BUCKET, 1 << 12);
    pools.put(ObjectsPool.ART_NODE_4, 1 << 12);
    pools.put(ObjectsPool.ART_NODE_16, 1 << 12);
    pools.put(ObjectsPool.ART_NODE_48, 1 << 12);
    pools.put(ObjectsPool.ART_NODE_256, 1 << 12);
    book = new OrderBookDirectImpl(symbol, new ObjectsPool(pools), new OrderBookEventsHelper(MatcherTradeEvent::new),
        LoggingConfiguration.DEFAULT);
  }

  private void play(ByteBuffer flow, int count) {
    OrderCommand command = new OrderCommand();
    for (int index = 0; index < count; index += 1) {
      int at = index * RECORD_BYTES;
      int type = flow.get(at);
      command.orderId = flow.getInt(at + 8) & 0xffffffffL;
      command.uid = 1;
      command.matcherEvent = null;
      if (type == NEW) {
        command.action = flow.get(at + 1) == 0 ? OrderAction.BID : OrderAction.ASK;
        enter(flow, at, command, flow.get(at + 2) == 1 ? OrderType.IOC : OrderType.GTC);
        continue;
      }
      command.command = OrderCommandType.CANCEL_ORDER;
      if (IOrderBook.processCommand(book, command) != CommandResultCode.SUCCESS) {
        refused += 1;
      } else if (type != CANCEL) {
        // A modify that changes quantity, too, is a cancel and an order anew. The cancel has set the side.
        command.matcherEvent = null;
        enter(flow, at, command, OrderType.GTC);
      }
    }
  }

  private void enter(ByteBuffer flow, int at, OrderCommand command, OrderType type) {
    command.command = OrderCommandType.PLACE_ORDER;
    command.orderType = type;
    command.size = flow.getInt(at + 4) & 0xffffffffL;
    command.price = flow.getInt(at + 12);
    command.reserveBidPrice = command.price;
    // What its risk engine would have said.
    command.resultCode = CommandResultCode.VALID_FOR_MATCHING_ENGINE;
    IOrderBook.processCommand(book, command);
    for (MatcherTradeEvent event = command.matcherEvent; event != null; event = event.nextEvent) {
      if (event.eventType == MatcherEventType.TRADE) traded += event.size;
    }
  }

  private int depth() {
    L2MarketData levels = book.getL2MarketDataSnapshot(Integer.MAX_VALUE);
    int hash = 0x811c9dc5;
    for (int level = 0; level < levels.bidSize; level += 1) {
      hash = add(hash, 0, levels.bidPrices[level], levels.bidVolumes[level]);
    }
    for (int level = 0; level < levels.askSize; level += 1) {
      hash = add(hash, 1, levels.askPrices[level], levels.askVolumes[level]);
    }
    return hash;
  }

  private static int add(int hash, int side, long price, long quantity) {
    for (int part : new int[] {1, side, (int) price, (int) quantity}) {
      hash = (hash ^ part) * 0x01000193;
      hash ^= hash >>> 13;
    }
    return hash;
  }
}
