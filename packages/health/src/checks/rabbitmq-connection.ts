/** What `rabbitmqCheck` needs of an amqplib channel. */
export interface RabbitmqChannel {
  assertQueue(queue: string, options?: object): Promise<{ queue: string }>;
  deleteQueue(queue: string): Promise<unknown>;
  checkQueue(queue: string): Promise<{ messageCount: number; consumerCount: number }>;
  sendToQueue(queue: string, content: Buffer, options?: object): boolean;
  get(queue: string, options?: object): Promise<false | { content: Buffer }>;
  waitForConfirms(): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  close(): Promise<void>;
}

/** What `rabbitmqCheck` needs of an amqplib connection. */
export interface RabbitmqConnection {
  createConfirmChannel(): Promise<RabbitmqChannel>;
}
