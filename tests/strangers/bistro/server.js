// Bistro: orders and reservations of several restaurants, Express with swagger-jsdoc.
const express = require('express');
const swaggerJsdoc = require('swagger-jsdoc');

const PORT = Number(process.env.PORT || 3000);
const KEYS = {
  [process.env.BISTRO_KEY || 'bistro']: 'r1',
  [process.env.BISTRO_OTHER_KEY || 'other']: 'r2',
};
const app = express();
app.use(express.json());

const spec = swaggerJsdoc({
  definition: {
    openapi: '3.0.3',
    info: { title: 'Bistro', version: '1.4.0' },
    servers: [{ url: '/api/v1' }],
    security: [{ ApiKey: [] }],
    components: {
      securitySchemes: { ApiKey: { type: 'apiKey', in: 'header', name: 'X-Bistro-Key' } },
      schemas: {
        Item: {
          type: 'object',
          required: ['sku', 'title', 'qty', 'price'],
          properties: {
            sku: { type: 'string' },
            title: { type: 'string' },
            qty: { type: 'integer' },
            price: { type: 'integer', description: 'Cents, of one.' },
          },
        },
        Order: {
          type: 'object',
          required: ['id', 'number', 'status', 'type', 'createdAt', 'customer', 'items', 'total', 'currency'],
          properties: {
            id: { type: 'string' },
            number: { type: 'integer' },
            restaurantId: { type: 'string' },
            status: { type: 'string', enum: ['PLACED', 'ACCEPTED', 'REJECTED', 'READY', 'PICKED_UP', 'CANCELLED'] },
            type: { type: 'string', enum: ['delivery', 'collection'] },
            readyAt: { type: 'string', format: 'date-time' },
            createdAt: { type: 'string', format: 'date-time' },
            customer: {
              type: 'object',
              required: ['name'],
              properties: { name: { type: 'string' }, phone: { type: 'string' } },
            },
            items: { type: 'array', items: { $ref: '#/components/schemas/Item' } },
            total: { type: 'integer', description: 'Cents.' },
            currency: { type: 'string', enum: ['EUR'] },
          },
        },
        Reservation: {
          type: 'object',
          required: ['id', 'status', 'date', 'time', 'people', 'name'],
          properties: {
            id: { type: 'string' },
            restaurantId: { type: 'string' },
            status: { type: 'string', enum: ['PENDING', 'CONFIRMED', 'CANCELLED', 'ARRIVED', 'NO_SHOW'] },
            date: { type: 'string', format: 'date' },
            time: { type: 'string', example: '20:30' },
            people: { type: 'integer' },
            name: { type: 'string' },
            phone: { type: 'string' },
            createdAt: { type: 'string', format: 'date-time' },
          },
        },
        Error: {
          type: 'object',
          properties: { error: { type: 'string' }, message: { type: 'string' } },
        },
      },
    },
  },
  apis: [__filename],
});

app.get('/api-docs.json', (req, res) => res.json(spec));

const orders = new Map();
const reservations = new Map();
for (let n = 1; n <= 40; n += 1) {
  const id = `ord_${String(n).padStart(4, '0')}`;
  orders.set(id, {
    id,
    number: 100 + n,
    restaurantId: n <= 35 ? 'r1' : 'r2',
    status: ['PLACED', 'PLACED', 'ACCEPTED', 'READY', 'CANCELLED'][n % 5],
    type: n % 2 ? 'delivery' : 'collection',
    createdAt: new Date(Date.UTC(2026, 10, 21, 18, n)).toISOString(),
    customer: { name: `Guest ${n}`, phone: `+3361200${String(n).padStart(4, '0')}` },
    items: [
      { sku: 'S1', title: 'Steak frites', qty: 1, price: 1890 },
      { sku: 'S2', title: 'Lemonade', qty: 2, price: 350 },
    ],
    total: 2590,
    currency: 'EUR',
  });
}
for (let n = 1; n <= 12; n += 1) {
  const id = `res_${n}`;
  reservations.set(id, {
    id,
    restaurantId: n <= 10 ? 'r1' : 'r2',
    status: 'PENDING',
    date: `2026-12-${String(10 + (n % 9)).padStart(2, '0')}`,
    time: n % 2 ? '20:30' : '13:00',
    people: 2 + (n % 4),
    name: `Diner ${n}`,
    phone: `+3361300${String(n).padStart(4, '0')}`,
    createdAt: new Date(Date.UTC(2026, 10, 20, 9, n)).toISOString(),
  });
}

const api = express.Router();
api.use((req, res, next) => {
  const mine = KEYS[req.get('X-Bistro-Key')];
  if (!mine) return res.status(401).json({ error: 'unauthorized', message: 'Unknown key' });
  req.mine = mine;
  return next();
});
api.param('rid', (req, res, next, rid) => {
  if (rid !== req.mine) return res.status(403).json({ error: 'forbidden', message: 'Not yours' });
  return next();
});

/**
 * @openapi
 * /restaurants/{rid}/orders:
 *   get:
 *     summary: List the orders of a restaurant
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: page, in: query, schema: { type: integer, minimum: 1, default: 1 } }
 *       - { name: size, in: query, schema: { type: integer, minimum: 1, maximum: 50, default: 10 } }
 *     responses:
 *       200:
 *         description: A page of orders
 *         content:
 *           application/json:
 *             schema:
 *               type: object
 *               required: [data, meta]
 *               properties:
 *                 data: { type: array, items: { $ref: '#/components/schemas/Order' } }
 *                 meta:
 *                   type: object
 *                   properties:
 *                     page: { type: integer }
 *                     size: { type: integer }
 *                     total: { type: integer }
 *       401: { description: Unknown key }
 *       403: { description: Another restaurant }
 */
api.get('/restaurants/:rid/orders', (req, res) => {
  const page = Math.max(1, parseInt(req.query.page || '1', 10) || 1);
  const size = Math.min(50, Math.max(1, parseInt(req.query.size || '10', 10) || 10));
  const all = [...orders.values()].filter((o) => o.restaurantId === req.params.rid);
  res.json({ data: all.slice((page - 1) * size, page * size), meta: { page, size, total: all.length } });
});

/**
 * @openapi
 * /restaurants/{rid}/orders/{oid}:
 *   get:
 *     summary: Read one order
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: oid, in: path, required: true, schema: { type: string } }
 *     responses:
 *       200:
 *         description: The order
 *         content:
 *           application/json:
 *             schema:
 *               type: object
 *               required: [data]
 *               properties:
 *                 data: { $ref: '#/components/schemas/Order' }
 *       401: { description: Unknown key }
 *       403: { description: Another restaurant }
 *       404: { description: No such order }
 */
const findOrder = (req, res) => {
  const order = orders.get(req.params.oid);
  if (!order || order.restaurantId !== req.params.rid) {
    res.status(404).json({ error: 'not_found', message: 'No such order' });
    return null;
  }
  return order;
};
api.get('/restaurants/:rid/orders/:oid', (req, res) => {
  const order = findOrder(req, res);
  if (order) res.json({ data: order });
});

/**
 * @openapi
 * /restaurants/{rid}/orders/{oid}/accept:
 *   post:
 *     summary: Accept an order
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: oid, in: path, required: true, schema: { type: string } }
 *     requestBody:
 *       content:
 *         application/json:
 *           schema:
 *             type: object
 *             properties:
 *               prepMinutes: { type: integer, minimum: 0, description: Minutes from now until it is ready }
 *     responses:
 *       200: { description: Accepted }
 *       404: { description: No such order }
 *       409: { description: It is not waiting }
 * /restaurants/{rid}/orders/{oid}/reject:
 *   post:
 *     summary: Reject an order
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: oid, in: path, required: true, schema: { type: string } }
 *     responses:
 *       200: { description: Rejected }
 *       404: { description: No such order }
 *       409: { description: It is not waiting }
 * /restaurants/{rid}/orders/{oid}/ready:
 *   post:
 *     summary: Mark an order as ready
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: oid, in: path, required: true, schema: { type: string } }
 *     responses:
 *       200: { description: Ready }
 *       404: { description: No such order }
 *       409: { description: It is not accepted }
 */
const steps = {
  accept: [['PLACED', 'CANCELLED'], 'ACCEPTED'],
  reject: [['PLACED'], 'REJECTED'],
  ready: [['ACCEPTED'], 'READY'],
};
Object.entries(steps).forEach(([action, [from, to]]) => {
  api.post(`/restaurants/:rid/orders/:oid/${action}`, (req, res) => {
    const order = findOrder(req, res);
    if (!order) return;
    if (!from.includes(order.status)) {
      res.status(409).json({ error: 'conflict', message: `It is ${order.status}` });
      return;
    }
    order.status = to;
    const minutes = (req.body || {}).prepMinutes;
    if (action === 'accept' && Number.isInteger(minutes)) {
      order.readyAt = new Date(Date.now() + minutes * 60000).toISOString();
    }
    res.json({ data: order });
  });
});

/**
 * @openapi
 * /restaurants/{rid}/reservations/{id}:
 *   get:
 *     summary: Read one reservation
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: id, in: path, required: true, schema: { type: string } }
 *     responses:
 *       200:
 *         description: The reservation
 *         content:
 *           application/json:
 *             schema:
 *               type: object
 *               properties:
 *                 data: { $ref: '#/components/schemas/Reservation' }
 *       404: { description: No such reservation }
 *   patch:
 *     summary: Change the status of a reservation
 *     parameters:
 *       - { name: rid, in: path, required: true, schema: { type: string } }
 *       - { name: id, in: path, required: true, schema: { type: string } }
 *     requestBody:
 *       required: true
 *       content:
 *         application/json:
 *           schema:
 *             type: object
 *             required: [status]
 *             properties:
 *               status: { type: string, enum: [CONFIRMED, CANCELLED, ARRIVED, NO_SHOW] }
 *     responses:
 *       200:
 *         description: The reservation
 *         content:
 *           application/json:
 *             schema:
 *               type: object
 *               properties:
 *                 data: { $ref: '#/components/schemas/Reservation' }
 *       400: { description: Unknown status }
 *       404: { description: No such reservation }
 */
api.get('/restaurants/:rid/reservations/:id', (req, res) => {
  const found = reservations.get(req.params.id);
  if (!found) return res.json({ data: null });
  if (found.restaurantId !== req.params.rid) return res.status(404).json({ error: 'not_found' });
  return res.json({ data: found });
});
api.patch('/restaurants/:rid/reservations/:id', (req, res) => {
  const found = reservations.get(req.params.id);
  if (!found || found.restaurantId !== req.params.rid) {
    return res.status(404).json({ error: 'not_found', message: 'No such reservation' });
  }
  const next = (req.body || {}).status;
  if (!['CONFIRMED', 'CANCELLED', 'ARRIVED', 'NO_SHOW'].includes(next)) {
    return res.status(400).json({ error: 'bad_request', message: 'Unknown status' });
  }
  found.status = next;
  return res.json({ data: found });
});

app.use('/api/v1', api);
app.use((error, req, res, next) => {
  res.status(error.status || 500).json({ error: 'error', message: 'Malformed request' });
});
app.listen(PORT, '127.0.0.1', () => console.log(`listening on ${PORT}`));
